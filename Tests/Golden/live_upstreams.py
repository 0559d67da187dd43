"""Holds a live coordinator against models of other people's servers: PyPI's MLServer, which this starts, and a recorded OpenAI-compatible server, which
this is.

    pip install mlserver numpy
    python3 Tests/Golden/live_upstreams.py --coordinator PATH/tutti-coordinator --mlserver PATH/mlserver

It makes a coordinator's folder of its own, names both servers in its settings and serves it. Prints one line for each thing it has seen; the first that is
otherwise ends it with status 1."""

import argparse, http.server, json, os, pathlib, socket, ssl, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request
import numpy

SECONDS = 120
RUNTIME = '''
import numpy
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse

W = numpy.array([[1, -1, 0.5], [0.25, 0.5, -1], [-1, 0.125, 1], [0, 1, 2]], dtype=float)

class Scores(MLModel):
    async def load(self): return True
    async def predict(self, payload):
        z = NumpyCodec.decode_input(payload.inputs[0]) @ W
        p = numpy.exp(z - z.max(axis=1, keepdims=True)); p /= p.sum(axis=1, keepdims=True)
        names = [["setosa", "versicolor", "virginica"][i] for i in p.argmax(axis=1)]
        return InferenceResponse(model_name=self.name, model_version=self.version,
            outputs=[NumpyCodec.encode_output("probabilities", p), StringCodec.encode_output("label", names)])
'''
W = numpy.array([[1, -1, 0.5], [0.25, 0.5, -1], [-1, 0.125, 1], [0, 1, 2]], dtype=float)


def expect(is_so, what):
    if not is_so:
        raise SystemExit("not so: " + what)
    print("ok:", what, flush=True)


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Recorded(http.server.BaseHTTPRequestHandler):
    lies = False

    def reply(self, body, kind="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(json.dumps({"object": "list", "data": [{"id": "llama", "object": "model", "max_model_len": 4096}]}).encode())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["model"] == "llama" and self.headers["Authorization"] == "Bearer sk-recorded", asked
        if Recorded.lies:
            return self.reply(b'{"choices": "secret"}')
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        if asked["stream"]:
            chunks = [{"choices": [{"index": 0, "delta": {"content": t}, "finish_reason": None}]} for t in ["Gu", "ten Tag"]]
            chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": usage}]
            return self.reply("".join(f"data: {json.dumps(c)}\n\n" for c in chunks).encode() + b"data: [DONE]\n\n", "text/event-stream")
        said = {"message": {"role": "assistant", "content": "Guten Tag"}} if "messages" in asked else {"text": " upon a time"}
        self.reply(json.dumps({"object": "x", "choices": [{"index": 0, "finish_reason": "stop", **said}], "usage": usage}).encode())

    def log_message(self, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser()
    for name in ["coordinator", "mlserver"]:
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    processes = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            run(options, pathlib.Path(folder), processes)
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)


def run(options, folder, processes):
    iris = folder / "mlserver" / "iris"
    iris.mkdir(parents=True)
    ports = [port() for _ in range(4)]
    (iris.parent / "settings.json").write_text(json.dumps(
        {"http_port": ports[0], "grpc_port": ports[1], "metrics_port": ports[2], "parallel_workers": 0, "host": "127.0.0.1"}))
    (iris / "runtime.py").write_text(RUNTIME)
    (iris / "model-settings.json").write_text(json.dumps({
        "name": "iris", "implementation": "runtime.Scores", "parameters": {"version": "v1"},
        "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 4]}], "outputs": [{"name": "probabilities", "datatype": "FP64", "shape": [-1, 3]}]}))
    processes.append(subprocess.Popen(
        [options.mlserver, "start", "."], cwd=iris.parent, env={**os.environ, "PYTHONPATH": str(iris)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    recorded = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=recorded.serve_forever, daemon=True).start()
    end = time.monotonic() + SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/v2/models/iris/ready", timeout=5).read()
            break
        except OSError:
            if time.monotonic() > end:
                raise SystemExit("mlserver did not start")
            time.sleep(0.2)

    data = folder / "data"
    subprocess.run([options.coordinator, "init", str(data), "--listen", f"127.0.0.1:{ports[3]}"], check=True, stdout=subprocess.DEVNULL)
    key = folder / "lab-key"
    key.touch(0o600)
    key.write_text("sk-recorded\n")
    with open(data / "config.toml", "a") as settings:
        settings.write(f"""
[models.upstreams.lab]
kind = "openai"
url = "http://127.0.0.1:{recorded.server_port}"
api_key_file = "{key}"
[models.upstreams.lab.models."gpt-3.5-turbo"]
name = "llama"
[models.upstreams.farm]
kind = "oip"
url = "http://127.0.0.1:{ports[0]}"
[models.upstreams.farm.models.far-iris]
name = "iris"
[models.upstreams.farm.models.absent]
""")
    processes.append(subprocess.Popen([options.coordinator, "serve", str(data)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
    admin = (data / "admin.key").read_text().strip()
    context = ssl.create_default_context(cafile=data / "ca.pem")

    def call(method, path, body=None):
        request = urllib.request.Request(
            f"https://127.0.0.1:{ports[3]}{path}", None if body is None else json.dumps(body).encode(),
            {"Authorization": "Bearer " + admin, "Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, context=context, timeout=SECONDS) as reply:
                text = reply.read()
                return reply.status, text if "event-stream" in reply.headers["Content-Type"] else json.loads(text)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    end = time.monotonic() + SECONDS
    while True:
        try:
            models = call("GET", "/api/v2/models")[1]["models"]
            break
        except (OSError, KeyError):
            if time.monotonic() > end:
                raise SystemExit("the coordinator did not start")
            time.sleep(0.2)
    known = {model["id"]: model for model in models}
    expect(known["far-iris"]["status"] == "loaded" and known["far-iris"]["sha256"] is None, "mlserver's model is listed, without a hash")
    expect(known["absent"]["status"] == "failed", "a model that mlserver does not have is said not to be there")
    rows = numpy.random.default_rng(5).normal(size=(17, 4))
    z = rows @ W
    p = numpy.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    status, reply = call("POST", "/v1/inference/run", {"deployment_id": "far-iris", "input": {"data": rows.tolist()}})
    expect(status == 200 and (numpy.array(reply["output"]["probabilities"]) == p).all(), "inference/run: every bit of mlserver's numbers is NumPy's")
    expect(reply["model_sha256"] is None and reply["upstream"] == "oip:farm", "inference/run: the reply names the server and no hash")
    status, reply = call("POST", "/v2/models/far-iris/infer", {"inputs": [{"name": "x", "shape": [17, 4], "datatype": "FP64", "data": rows.ravel().tolist()}]})
    outputs = {output["name"]: output for output in reply["outputs"]}
    expect(status == 200 and len(outputs["label"]["data"]) == 17, "/v2: texts come through as BYTES")
    status, reply = call("POST", "/v1/inference/run", {"deployment_id": "far-iris", "input": {"data": [[1, 2, 3]]}})
    expect(status == 400, "inputs of another shape are refused before they are sent")

    status, reply = call("POST", "/api/v2/ai/llm/generate", {"prompt": "Once", "model": "gpt-3.5-turbo"})
    expect(status == 200 and reply["generated_text"] == " upon a time" and reply["metadata"]["tokens_used"] == 5, "generate: the recorded text and its usage")
    expect(reply["metadata"]["backend"] == "openai:lab", "generate: the reply names the server")
    chat = {"model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": "Hallo"}]}
    status, reply = call("POST", "/openai/v1/chat/completions", chat)
    expect(status == 200 and reply["choices"][0]["message"]["content"] == "Guten Tag", "/openai/v1: the recorded conversation")
    status, reply = call("POST", "/openai/v1/chat/completions", {**chat, "stream": True})
    expect(status == 200 and b'"content":"ten Tag"' in reply and reply.endswith(b"data: [DONE]\n\n"), "/openai/v1: the stream comes through")
    Recorded.lies = True
    status, reply = call("POST", "/api/v2/ai/llm/generate", {"prompt": "Once", "model": "gpt-3.5-turbo"})
    expect(status == 502 and reply["error"]["code"] == "UPSTREAM_ERROR" and "secret" not in json.dumps(reply), "a reply that is none is a bad gateway")
    recorded.shutdown()
    recorded.server_close()
    status, reply = call("POST", "/api/v2/ai/llm/generate", {"prompt": "Once", "model": "gpt-3.5-turbo"})
    expect(status == 503 and "lab" in reply["error"]["message"], "a server that is away is said to be")


if __name__ == "__main__":
    main()
