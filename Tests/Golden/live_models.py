"""Holds a live coordinator's `/v2` against two PyPI clients of the Open Inference Protocol that know nothing of it, `tritonclient` and
`open-inference-openapi`, and its numbers against NumPy.

    pip install 'tritonclient[http]' open-inference-openapi numpy
    python3 Tests/Golden/live_models.py --url https://127.0.0.1:8443 --data DATA --model ID [--weights FILE]

The model is loaded where it is not. With its file (safetensors of a softmax regression or perceptron, scaled by a constant or not at all) the
answers are compared with a forward pass in NumPy. Prints one line for each thing it has seen; the first that is otherwise ends it with status 1."""

import argparse, json, ssl, struct
import gevent.ssl
import httpx
import numpy
import tritonclient.http as triton
from open_inference.openapi.client import OpenInferenceClient
from open_inference.openapi.types import InferenceRequest
from tritonclient.utils import InferenceServerException
from live_coordinator import SECONDS, Asked, expect

def weights(path):
    """(layers as (W, b), scale) of a safetensors file."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    card = json.loads(header.pop("__metadata__")["tutti"])

    def tensor(name):
        begin, end = header[name]["data_offsets"]
        return numpy.frombuffer(body[begin:end], "<f4").reshape(header[name]["shape"])

    names = sorted((n[:-len(".weight")] for n in header if n.endswith(".weight")), key=lambda n: int("".join(c for c in n if c.isdigit()) or 0))
    scale = card["schema"].get("scale") or {}
    expect(scale.get("kind", "none") in ("none", "constant"), "the model's scaling is one this test knows")
    return [(tensor(n + ".weight"), tensor(n + ".bias")) for n in names], scale.get("constant", 1.0)


def forward(layers, constant, rows):
    x = rows / numpy.float32(constant)
    for i, (w, b) in enumerate(layers):
        x = x @ w.T + b
        if i + 1 < len(layers):
            x = numpy.maximum(x, 0)
    x = numpy.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ["url", "data", "model"]:
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--weights")
    options = parser.parse_args()
    coordinator = Asked(options.url, options.data)
    listed = coordinator.load(options.model)
    own = {"Authorization": "Bearer " + coordinator.key}  # a copy each time: tritonclient adds to what it gets
    address = options.url.removeprefix("https://")

    context = gevent.ssl.create_default_context(cafile=options.data + "/ca.pem")
    client = triton.InferenceServerClient(
        address, ssl=True, ssl_context_factory=lambda: context, concurrency=4, network_timeout=SECONDS, connection_timeout=SECONDS)
    expect(client.is_server_live(headers=dict(own)) and client.is_server_ready(headers=dict(own)), "tritonclient: the server is live and ready")
    expect(client.is_model_ready(options.model, headers=dict(own)), "tritonclient: the model is ready")
    expect(not client.is_model_ready("no-such-model", headers=dict(own)), "tritonclient: a model that is not there is not ready")
    server = client.get_server_metadata(headers=dict(own))
    expect(server["name"] == "tutti" and server["extensions"] == ["binary_tensor_data"], "tritonclient: the server's metadata")
    meta = client.get_model_metadata(options.model, headers=dict(own))
    (spec,) = meta["inputs"]
    inputs = spec["shape"][1]
    expect(spec["name"] == "features" and spec["datatype"] == "FP32", "tritonclient: the model's metadata")

    generator = numpy.random.default_rng(7)
    rows = generator.integers(0, 17, (33, inputs)).astype(numpy.float32)
    asked = triton.InferInput("features", rows.shape, "FP32")
    asked.set_data_from_numpy(rows, binary_data=False)
    outputs = [triton.InferRequestedOutput(output["name"], binary_data=False) for output in meta["outputs"]]
    answer = client.infer(options.model, [asked], outputs=outputs, headers=dict(own), request_id="first")
    reply = answer.get_response()
    expect(reply["id"] == "first" and reply["model_name"] == options.model, "tritonclient: the reply has the request's id and the model")
    expect(reply["parameters"]["model_sha256"] == listed["sha256"], "tritonclient: the reply names the file that answered")
    probabilities = answer.as_numpy("probabilities")
    expect(probabilities.dtype == numpy.float32 and numpy.allclose(probabilities.sum(axis=1), 1, atol=1e-5), "tritonclient: probabilities are read as FP32")
    alone = triton.InferInput("features", [1, inputs], "FP32")
    alone.set_data_from_numpy(rows[:1], binary_data=False)
    one = client.infer(options.model, [alone], outputs=outputs, headers=dict(own)).as_numpy("probabilities")
    expect((one[0] == probabilities[0]).all(), "a row alone has the bits that it has among others")
    everything = client.infer(options.model, [alone], headers=dict(own))
    expect((everything.as_numpy("probabilities") == one).all(), "tritonclient: without named outputs there are all of them")
    if options.weights:
        layers, constant = weights(options.weights)
        worst = float(numpy.abs(forward(layers, constant, rows) - probabilities).max())
        expect(worst < 1e-5, f"the numbers are NumPy's (largest difference {worst:.2e})")

    # As it does where nobody tells it otherwise: tensors are bytes behind the JSON, there and back.
    binary = triton.InferInput("features", rows.shape, "FP32")
    binary.set_data_from_numpy(rows)
    usual = client.infer(options.model, [binary], headers=dict(own))
    sizes = {output["name"]: output.get("parameters", {}).get("binary_data_size") for output in usual.get_response()["outputs"]}
    expect(sizes["probabilities"] == probabilities.nbytes, "tritonclient: without being told anything it sends and gets bytes")
    expect((usual.as_numpy("probabilities") == probabilities).all(), "tritonclient: they are the same numbers")
    expect(usual.as_numpy("label").shape == answer.as_numpy("label").shape, "tritonclient: labels come as bytes, too")
    mixed = [triton.InferRequestedOutput("label", binary_data=False), triton.InferRequestedOutput("probabilities", binary_data=True)]
    both = client.infer(options.model, [asked], outputs=mixed, headers=dict(own))
    expect((both.as_numpy("probabilities") == probabilities).all(), "tritonclient: JSON in, bytes out, and some of both")
    short = triton.InferInput("features", [1, inputs - 1], "FP32")
    short.set_data_from_numpy(rows[:1, 1:])
    for what, word, more in [
        ("a row that is too short", "features", {"inputs": [short]}),
        ("a request that is packed", "Content-Encoding", {"request_compression_algorithm": "gzip"}),
        ("an extension that is not built", "class_count", {"outputs": [triton.InferRequestedOutput("probabilities", class_count=3)]}),
    ]:
        try:
            client.infer(options.model, **{"inputs": [asked], **more}, headers=dict(own))
            raise SystemExit(f"not so: {what} is refused")
        except InferenceServerException as error:
            expect(word in str(error), f"tritonclient: {what} is refused with the reason")
    several = [client.async_infer(options.model, [asked], outputs=outputs, headers=dict(own)) for _ in range(4)]
    expect(all((one.get_result().as_numpy("probabilities") == probabilities).all() for one in several), "tritonclient: several at once")

    web = httpx.Client(verify=ssl.create_default_context(cafile=options.data + "/ca.pem"), headers=own, timeout=SECONDS)
    other = OpenInferenceClient(base_url=options.url, httpx_client=web)
    other.check_server_liveness()
    other.check_server_readiness()
    other.check_model_readiness(options.model)
    expect(True, "open-inference: live, ready, and the model is ready")
    expect(other.read_server_metadata().name == "tutti", "open-inference: the server's metadata")
    expect(other.read_model_metadata(options.model).inputs[0].name == "features", "open-inference: the model's metadata")
    request = InferenceRequest.parse_obj(
        {"id": "second", "inputs": [{"name": "features", "shape": list(rows.shape), "datatype": "FP32", "data": rows.flatten().tolist()}]})
    result = other.model_infer(options.model, request=request)
    named = {output.name: output for output in result.outputs}
    data = json.loads(named["probabilities"].json())["data"]
    expect(result.id == "second" and numpy.array_equal(numpy.array(data, numpy.float32).reshape(probabilities.shape), probabilities), "open-inference: the same numbers")


if __name__ == "__main__":
    main()
