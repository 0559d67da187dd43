#!/usr/bin/env python3
"""Holds a running coordinator to its own OpenAPI documents, with PyPI's schemathesis.

    contracts.py --url https://127.0.0.1:8443 --data coordinator [--only v1,v2,phi,v4,openai,inference]
        [--examples 12]

Every operation of the documents is called with valid, invalid and unreadable requests, with the key, without it and with a wrong one, and
with what other operations have made. A model is registered, deployed and loaded before, and calls that take one are also made with it and with the
language model that is there.
No reply may be a server's error (501 where the document says so is none), have a status, a media type, a header or a body that the
document does not have, take what the document forbids, or let in who has no credentials. Calls make tenants, keys, jobs and sessions: take a
coordinator that nobody needs.

Takes schemathesis 4 (pip install schemathesis). Ends with 0 when all is well, 1 with what is not, 77 when schemathesis is missing.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

MISSING = 77
try:
    import schemathesis
except ImportError:
    print("skipped: schemathesis is not installed (pip install schemathesis)", file=sys.stderr)
    sys.exit(MISSING)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Golden"))
from live_coordinator import Asked, softmax_regression

BASES = {"v1": "/api/v1", "v2": "/api/v2", "phi": "/v1", "v4": "/api/v4", "openai": "/openai/v1", "inference": "/v2"}
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance",
    "negative_data_rejection", "missing_required_header", "unsupported_method", "allow_header_conformance", "ignored_auth",
]
# positive_data_acceptance: a schema cannot say that a host must be public or a text's bytes few. use_after_free: a job that was cancelled stays.

# These would end the run: the certificate authority is replaced, or the key is revoked that the calls are made with.
LEFT_OUT = {"v4": ["authorities.roll", "identity.keys.revoke"]}
# A control channel answers with 101 or asks for it; no HTTP client sees more.
CHANNELS = {"v4": ["sessions.socket", "sessions.control"]}
# With stream: true they answer with events.
STREAMING = {"llm.chat", "openai.completions", "openai.chat"}
METHODS = ("get", "put", "post", "delete", "patch")

problems = []


def expect(holds, what):
    if not holds:
        problems.append(what)
        print(f"NOT: {what}", file=sys.stderr)
    return holds


class Coordinator(Asked):
    def answer(self, path, key=None):
        """Status, headers and body of a GET."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"} if key else {})
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=30) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def description(self, family):
        status, _, body = self.answer(BASES[family] + "/openapi.json")
        return json.loads(body) if expect(status == 200, f"{family}: its document is answered with {status}") else None


def operations(document):
    return [
        operation for path in document["paths"].values() for method, operation in path.items() if method in METHODS
    ]


def settings(document):
    """501 is a server's error only where the document does not say it. Of what is not built, nobody looks at what was sent."""
    lines = ["[warnings]", "enabled = false", ""]
    with_501 = [o["operationId"] for o in operations(document) if "501" in o["responses"]]
    if with_501:
        lines += [
            "[[operations]]", f"include-operation-id = {json.dumps(with_501)}",
            'checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 501]', "",
        ]
    not_built = [o["operationId"] for o in operations(document) if o.get("x-not-built")]
    if not_built:
        lines += ["[[operations]]", f"include-operation-id = {json.dumps(not_built)}", "checks.negative_data_rejection.enabled = false", ""]
    return "\n".join(lines)


def real(family, coordinator):
    """Things that are there: by operation, the path's parameters and a body that is answered. Each family has a model of its own."""
    # What was deleted before may still be needed and has its name.
    name = f"contract-{family}-{time.time_ns()}"
    id = coordinator.register(name, "1", softmax_regression(4, 3))
    coordinator.load(id)
    deployment = coordinator.good("POST", "/v1/models/deploy", {"model_id": id})["deployment_id"]
    language = coordinator.good("GET", "/openai/v1/models")["data"][0]["id"]
    tensors = {"inputs": [{"name": "features", "shape": [2, 4], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6, 7, 8]}]}
    question = {"deployment_id": deployment, "input": {"data": [[1, 2, 3, 4]]}}
    later = coordinator.good("POST", "/v1/inference/run", question, headers={"Prefer": "respond-async"})["request_id"]
    chat = {"model": language, "messages": [{"role": "user", "content": "Who is there?"}], "max_tokens": 4}
    (model_id, model_name, version) = ({"model_id": id}, {"model_name": name}, {"model_name": name, "model_version": "1"})
    return {
        "v2": {
            "models.load": (model_id, {"force_reload": True}), "models.unload": (model_id, None), "models.performance": (model_id, None),
            "llm.generate": ({}, {"model": language, "prompt": "The ", "max_tokens": 4}), "llm.chat": ({}, chat),
        },
        "phi": {
            "models.get": (model_id, None), "models.delete": (model_id, None), "models.deploy": ({}, {"model_id": id}),
            "models.auto_scale": ({}, {"deployment_id": deployment}),
            "logs": ({"deployment_id": deployment}, None), "security.validate": ({}, {"deployment_id": deployment}), "inference.run": ({}, question),
            "inference.result": ({"request_id": later}, None), "models.profile": ({}, {"deployment_id": deployment, "iterations": 2}),
            "files.get": ({"name": name}, None),
        },
        "openai": {
            "openai.model": ({"model": language}, None), "openai.completions": ({}, {"model": language, "prompt": "The ", "max_tokens": 4}),
            "openai.chat": ({}, chat),
        },
        "inference": {
            "oip.model": (model_name, None), "oip.model_ready": (model_name, None), "oip.infer": (model_name, tensors),
            "oip.model_version": (version, None), "oip.model_version_ready": (version, None), "oip.infer_version": (version, tensors),
        },
    }.get(family, {})


def show(document, things):
    """Puts things that are there into the document as examples, which the calls begin with."""
    found = {o["operationId"]: o for o in operations(document)}
    expect(set(things) <= set(found), f"there is no {sorted(set(things) - set(found))} any more to be called with what is there")
    for operation, (parameters, body) in things.items():
        for parameter in found.get(operation, {}).get("parameters", []):
            if parameter["name"] in parameters:
                parameter["example"] = parameters[parameter["name"]]
        if body is not None and operation in found:
            examples = {"whole": {"value": body}}
            content = found[operation]["responses"].get("200", {}).get("content", {})
            if operation in STREAMING and expect("text/event-stream" in content, f"{operation} does not say that it streams"):
                examples["stream"] = {"value": {**body, "stream": True}}
            found[operation]["requestBody"]["content"]["application/json"]["examples"] = examples


def held(family, coordinator, folder, examples, seed):
    document = coordinator.description(family)
    if document is None:
        return
    show(document, real(family, coordinator))
    left_out = LEFT_OUT.get(family, []) + CHANNELS.get(family, [])
    ids = {o["operationId"] for o in operations(document)}
    expect(set(left_out) <= ids, f"{family}: there is no {sorted(set(left_out) - ids)} any more to be left out")

    def there(name):
        return os.path.join(folder, f"{family}-{name}")

    with open(there("openapi.json"), "w") as file:
        json.dump(document, file)
    with open(there("settings.toml"), "w") as file:
        file.write(settings(document))
    words = [
        sys.executable, "-c", "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())", "--config-file", there("settings.toml"),
        "run", there("openapi.json"), "--url", coordinator.url + BASES[family], "--tls-verify", coordinator.authority,
        "--header", f"Authorization: Bearer {coordinator.key}", "--phases", "examples,coverage,fuzzing,stateful", "--checks", ",".join(CHECKS),
        "--max-examples", str(examples), "--seed", str(seed), "--generation-database", "none", "--continue-on-failure",
        "--no-shrink", "--suppress-health-check", "all", "--request-timeout", "60", "--report-json-path", there("report.json"), "--no-color",
    ]
    for operation in left_out:
        words += ["--exclude-operation-id", operation]
    run = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder)
    if not expect(os.path.exists(there("report.json")), f"{family}: schemathesis did not run: {run.stdout[-2000:]}{run.stderr[-2000:]}"):
        return
    with open(there("report.json")) as file:
        report = json.load(file)
    tested, selected = report["operations"]["tested"], len(ids) - len(left_out)
    cases = report["test_cases"]["generated"]
    expect(tested == selected and report["complete"], f"{family}: {tested} of {selected} operations were called")
    expect(cases > 5 * selected, f"{family}: only {cases} calls of {selected} operations")
    expect(not report["errors"], f"{family}: {json.dumps(report['errors'])[:2000]}")
    for failure in report["failures"]:
        expect(False, f"{family}: {failure['title']}: {failure['count']} times, at {', '.join(failure['operations'][:40])}")
    if expect(run.returncode == 0, f"{family}: schemathesis ended with {run.returncode}"):
        print(f"{family}: {cases} calls of {tested} operations, as described")
    else:
        print(run.stdout[-60_000:], file=sys.stderr)
    # A run after which nobody is let in has called nothing but the door.
    status, _, _ = coordinator.answer("/api/v4/identity/keys", coordinator.key)
    expect(status == 200, f"{family}: after it the administrator's key is answered with {status}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", required=True, help="the coordinator's folder")
    parser.add_argument("--only", default=",".join(BASES), help="some of " + ",".join(BASES))
    parser.add_argument("--examples", type=int, default=12, help="generated requests of an operation, besides those of the coverage phase")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    families = arguments.only.split(",")
    if unknown := [f for f in families if f not in BASES]:
        parser.error(f"--only has {unknown}; there are {', '.join(BASES)}")
    coordinator = Coordinator(arguments.url.rstrip("/"), arguments.data)
    print(f"schemathesis {schemathesis.__version__}, seed {arguments.seed}")
    with tempfile.TemporaryDirectory() as folder:
        for family in families:
            held(family, coordinator, folder, arguments.examples, arguments.seed)
    print("all is as described" if not problems else f"{len(problems)} things are not as described")
    return 1 if problems else 0


sys.exit(main())
