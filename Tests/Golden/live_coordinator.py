"""A coordinator of its own for scripts that hold it against others: started, asked and killed. Needs nothing but Python."""

import json, os, ssl, struct, subprocess, time, urllib.error, urllib.request

SECONDS = 120  # Nothing takes as long, also on a slow machine.


def expect(is_so, what):
    if not is_so:
        raise SystemExit("not so: " + what)
    print("ok:", what, flush=True)


def until(ask, what):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if ask():
            return
        time.sleep(0.05)
    raise SystemExit("never: " + what)


class Asked:
    """A coordinator that serves, and the key of its administrator."""

    def __init__(self, url, data):
        self.url = url
        self.key = open(data + "/admin.key").read().strip()
        self.authority = os.path.abspath(data + "/ca.pem")
        self.tls = ssl.create_default_context(cafile=self.authority)

    def call(self, method, path, body=None, bearer=None, headers={}):
        """Bytes are sent as they are, everything else as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(self.url + path, data, {"Content-Type": kind, **headers} if data is not None else dict(headers), method=method)
        if bearer != "":
            request.add_header("Authorization", "Bearer " + (self.key if bearer is None else bearer))
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=SECONDS) as reply:
                return reply.status, json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def good(self, *arguments, **more):
        status, reply = self.call(*arguments, **more)
        if status >= 300:
            raise SystemExit(f"{arguments[0]} {arguments[1]}: {status} {reply}")
        return reply

    def register(self, name, version, file):
        """The id of a model that is here."""
        place = f"{name}-{version}"
        self.good("PUT", "/v1/files/" + place, file)
        made = self.good(
            "POST", "/v1/models/register", {"model_name": name, "framework": "PyTorch", "version": version, "storage_url": "upload://" + place})
        if made["status"] != "success":
            raise SystemExit(f"{name} is not registered: {made}")
        return made["model_id"]

    def load(self, model, again=False):
        """Loads a model and waits for it; gives its line in the list of models."""
        self.good("POST", f"/api/v2/models/{model}/load", {"force_reload": again})
        found = {}

        def is_loaded():
            found.update({one["id"]: one for one in self.good("GET", "/api/v2/models")["models"]})
            if model in found and found[model]["status"] in ("failed", "unsupported"):
                raise SystemExit(f"{model} is not loaded: {found[model]}")
            return model in found and found[model]["status"] == "loaded"

        until(is_loaded, f"{model} is loaded")
        return found[model]


class Coordinator(Asked):
    def __init__(self, bin, folder):
        self.bin, self.data, self.process = bin + "/tutti-coordinator", folder + "/data", None
        self.log = open(folder + "/log", "ab")
        subprocess.run([self.bin, "init", self.data], check=True, stdout=self.log, stderr=self.log)
        super().__init__(None, self.data)

    def start(self):
        if os.path.exists(self.data + "/run.json"):
            os.remove(self.data + "/run.json")
        self.process = subprocess.Popen([self.bin, "serve", self.data, "--listen", "127.0.0.1:0"], stdout=self.log, stderr=self.log)
        until(lambda: os.path.exists(self.data + "/run.json") or self.process.poll() is not None, "the coordinator")
        self.url = json.load(open(self.data + "/run.json"))["url"]

    def end(self, signal):
        self.process.send_signal(signal)
        self.process.wait(SECONDS)


def softmax_regression(inputs, outputs, number=lambda i: i / 8):
    """A safetensors file as a session leaves one (docs/adr/0003); `number` gives its parameters, biases first."""
    card = {"format": 1, "model": {"kind": "softmax_regression", "layers": [inputs, outputs]},
            "schema": {"inputs": inputs, "outputs": outputs, "task": "classification", "scale": {"kind": "none"}, "labels": []}}
    bias, end = 4 * outputs, 4 * outputs * (inputs + 1)
    header = json.dumps({
        "__metadata__": {"tutti": json.dumps(card)}, "layers.0.bias": {"dtype": "F32", "shape": [outputs], "data_offsets": [0, bias]},
        "layers.0.weight": {"dtype": "F32", "shape": [outputs, inputs], "data_offsets": [bias, end]},
    }).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + struct.pack(f"<{end // 4}f", *(number(i) for i in range(end // 4)))
