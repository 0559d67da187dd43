"""Replaces a model under load: no call may fail, and each says which version answered it. Starts the coordinator itself.

    python3 Tests/Golden/live_redeploy.py --bin FOLDER_OF_PROGRAMS [--times 20]

Eight callers ask without a pause, each over one TLS connection: four by the model's name at `/v2`, four the newest deployment at
`/v1/inference/run`. Meanwhile version after version is loaded and the one before it unloaded. Prints one line for each thing it has seen; the first
that is otherwise ends it with status 1."""

import argparse, hashlib, http.client, json, math, signal, socket, struct, tempfile, threading, time
from live_coordinator import SECONDS, Coordinator, expect, softmax_regression, until

INPUTS, OUTPUTS, CALLERS = 64, 10, 4
ROW = [i % 17 for i in range(INPUTS)]
TENSORS = {"inputs": [{"name": "features", "shape": [1, INPUTS], "datatype": "FP32", "data": ROW}]}


class Version:
    def __init__(self, coordinator, name, number):
        numbers = [struct.unpack("<f", struct.pack("<f", math.sin(number + i)))[0] / 64 for i in range(OUTPUTS * (INPUTS + 1))]
        file = softmax_regression(INPUTS, OUTPUTS, lambda i: numbers[i])
        self.sha256 = hashlib.sha256(file).hexdigest()
        self.id = coordinator.register(name, str(number), file)
        scores = [numbers[o] + sum(w * x for w, x in zip(numbers[OUTPUTS + o * INPUTS:], ROW)) for o in range(OUTPUTS)]
        parts = [math.exp(s - max(scores)) for s in scores]
        self.answer = [p / sum(parts) for p in parts]
        self.deployment = None


class Caller(threading.Thread):
    """Asks until it is told to end. What is wrong is in `problems`, how often each version answered in `seen`."""

    def __init__(self, coordinator, question, read, versions):
        super().__init__(daemon=True)
        self.coordinator, self.question, self.read, self.versions = coordinator, question, read, {v.sha256: v for v in versions}
        self.seen, self.problems, self.ends = {}, [], False

    def run(self):
        try:
            connection = http.client.HTTPSConnection(self.coordinator.url.removeprefix("https://"), context=self.coordinator.tls, timeout=SECONDS)
            connection.connect()
            kept = connection.sock
            headers = {"Authorization": "Bearer " + self.coordinator.key, "Content-Type": "application/json"}
            while not self.ends and not self.problems:
                path, body = self.question()
                connection.request("POST", path, json.dumps(body), headers)
                reply = connection.getresponse()
                text = reply.read()
                if reply.status != 200:
                    self.problems.append(f"{path}: {reply.status} {text[:300]}")
                    return
                sha256, probabilities = self.read(json.loads(text))
                version = self.versions.get(sha256)
                if version is None or max(abs(a - b) for a, b in zip(version.answer, probabilities)) > 1e-5:
                    self.problems.append(f"{path}: the answer is of no version, or of another than it says: {text[:300]}")
                if connection.sock is not kept:
                    self.problems.append(f"{path}: the connection was not kept")
                self.seen[sha256] = self.seen.get(sha256, 0) + 1
        except Exception as error:
            self.problems.append(repr(error))


def of_v2(reply):
    return reply["parameters"]["model_sha256"], next(o["data"] for o in reply["outputs"] if o["name"] == "probabilities")


def of_v1(reply):
    return reply["model_sha256"], reply["output"]["probabilities"][0]


def redeploy(coordinator, times):
    named = [Version(coordinator, "named", number + 1) for number in range(times + 1)]
    deployed = [Version(coordinator, "deployed", number + 1) for number in range(times + 1)]
    newest = deployed[0]

    def put(version, coordinator=coordinator):
        coordinator.load(version.id)
        version.deployment = coordinator.good("POST", "/v1/models/deploy", {"model_id": version.id})["deployment_id"]

    coordinator.load(named[0].id)
    put(newest)
    by_name = [Caller(coordinator, lambda: ("/v2/models/named/infer", TENSORS), of_v2, named) for _ in range(CALLERS)]
    ask = lambda: ("/v1/inference/run", {"deployment_id": newest.deployment, "input": {"data": [ROW]}})
    by_deployment = [Caller(coordinator, ask, of_v1, deployed) for _ in range(CALLERS)]
    callers = by_name + by_deployment

    def heard(some, version):
        """Whether each of them has had an answer of this version, which is then the one that all go by."""
        for caller in callers:
            if caller.problems:
                raise SystemExit("not so: no call fails: " + caller.problems[0])
        return all(version.sha256 in caller.seen for caller in some)

    for caller in callers:
        caller.start()
    until(lambda: heard(by_name, named[0]) and heard(by_deployment, newest), "the first answers")
    for number in range(1, times + 1):
        # At once: whoever has it goes on with it, and whoever asks then gets the next.
        coordinator.load(named[number].id)
        coordinator.good("POST", f"/api/v2/models/{named[number - 1].id}/unload", {})
        put(deployed[number])
        newest = deployed[number]
        coordinator.load(newest.id, again=True)
        until(lambda: heard(by_name, named[number]) and heard(by_deployment, newest), f"answers of version {number + 1}")
        coordinator.good("POST", f"/api/v2/models/{deployed[number - 1].id}/unload", {})
    for caller in callers:
        caller.ends = True
    for caller in callers:
        caller.join(SECONDS)
    heard([], newest)
    calls = sum(sum(caller.seen.values()) for caller in callers)
    expect(calls >= len(callers) * (times + 1), f"{times} times another version, and none of {calls} calls failed")
    expect(all(len(caller.seen) == times + 1 for caller in callers), "every caller was answered by every version, over one connection")
    return named


def half_sent(coordinator, leaving, staying, seconds):
    """A call that is half sent when its version leaves has the other one answer, whether it was looked at by then or not."""
    host, port = coordinator.url.removeprefix("https://").split(":")
    body = json.dumps(TENSORS).encode()
    head = f"POST /v2/models/named/infer HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {coordinator.key}\r\nContent-Length: {len(body)}\r\n"
    with coordinator.tls.wrap_socket(socket.create_connection((host, int(port)), SECONDS), server_hostname=host) as wire:
        wire.sendall(head.encode() + b"Connection: close\r\n\r\n" + body[:5])
        time.sleep(seconds)
        coordinator.load(staying.id)
        coordinator.good("POST", f"/api/v2/models/{leaving.id}/unload", {})
        wire.sendall(body[5:])
        reply = http.client.HTTPResponse(wire)
        reply.begin()
        text = reply.read()
    is_so = reply.status == 200 and of_v2(json.loads(text))[0] == staying.sha256
    expect(is_so, f"a call whose version leaves {seconds} s after its head is answered by the one that stays ({reply.status})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        coordinator = Coordinator(options.bin, folder)
        coordinator.start()
        try:
            versions = redeploy(coordinator, options.times)
            for number, seconds in enumerate([0, 0.1, 0.5]):
                half_sent(coordinator, versions[-1 - number % 2], versions[-2 + number % 2], seconds)
        finally:
            coordinator.end(signal.SIGTERM)


if __name__ == "__main__":
    main()
