"""Registers models out of an S3-compatible object store that is none of ours, and asks one. PyPI's Moto is started for it, made to compare signatures
(Signature Version 4, with botocore's code); with --endpoint a store that is there already.

    pip install 'moto[server]>=5.2.5' boto3
    python3 Tests/Golden/live_s3.py --bin FOLDER_OF_PROGRAMS
    AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… python3 Tests/Golden/live_s3.py --bin FOLDER_OF_PROGRAMS --endpoint http://127.0.0.1:9000

The key of a store that is there must be allowed to make buckets and objects; those that are made are deleted again. Starts the coordinator itself.
Prints one line for each thing it has seen; the first that is otherwise ends it with status 1."""

import argparse, hashlib, json, math, os, pathlib, secrets, signal, socket, subprocess, sys, tempfile, urllib.error, urllib.request
import boto3
from botocore.config import Config
from live_coordinator import SECONDS, Coordinator, expect, softmax_regression, until

REGION = "us-east-1"
INPUTS, OUTPUTS = 4, 3
KEYS = ["iris/1/model.safetensors", "iris/2/a b+c=d&e(ü)~'x'.safetensors"]
ROW = [5.1, 3.5, 1.4, 0.2]


def client(service, endpoint, key, secret):
    return boto3.client(
        service, endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def moto(log):
    """(process, endpoint, key, secret) of a store that takes three calls as they come, which make a user, and from then on looks at signatures."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3"},
        stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{port}"

    def answers():
        try:
            return urllib.request.urlopen(endpoint + "/moto-api/data.json", timeout=SECONDS).status == 200
        except urllib.error.URLError:
            if process.poll() is not None:
                raise SystemExit("moto ended: pip install 'moto[server]'")
            return False

    until(answers, "moto answers")
    users = client("iam", endpoint, "nobody", "nothing")
    users.create_user(UserName="coordinator")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    users.put_user_policy(UserName="coordinator", PolicyName="all", PolicyDocument=json.dumps(everything))
    made = users.create_access_key(UserName="coordinator")["AccessKey"]
    return process, endpoint, made["AccessKeyId"], made["SecretAccessKey"]


def expected(number):
    scores = [number(o) + sum(number(OUTPUTS + o * INPUTS + i) * x for i, x in enumerate(ROW)) for o in range(OUTPUTS)]
    parts = [math.exp(s - max(scores)) for s in scores]
    return [p / sum(parts) for p in parts]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--endpoint")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/store.log", "ab") as log:
            process, endpoint, key, secret = None, options.endpoint, os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
            if endpoint is None:
                process, endpoint, key, secret = moto(log)
            try:
                run(options.bin, folder, endpoint, key, secret)
            finally:
                if process is not None:
                    process.kill()
                    process.wait(SECONDS)


def run(bin, folder, endpoint, key, secret):
    store = client("s3", endpoint, key, secret)
    end = secrets.token_hex(4)
    models, foreign, later = (f"tutti-{name}-{end}" for name in ("models", "foreign", "later"))
    small = softmax_regression(INPUTS, OUTPUTS)
    large = softmax_regression(4096, 200, lambda i: i % 7 / 8)
    things = [(models, KEYS[0], small), (models, KEYS[1], softmax_regression(INPUTS, OUTPUTS, lambda i: -i / 8)), (models, "large", large),
              (models, "hostile.pkl", b"cos\nsystem\n(S'true'\ntR."), (foreign, "m.safetensors", small), (later, "m.safetensors", small)]
    try:
        for bucket in (models, foreign, later):
            store.create_bucket(Bucket=bucket)
        for bucket, name, content in things:
            store.put_object(Bucket=bucket, Key=name, Body=content)
        register(bin, folder, endpoint, key, secret, models, foreign, later, {name: content for _, name, content in things})
    finally:
        for bucket, name, _ in things:
            try:
                store.delete_object(Bucket=bucket, Key=name)
            except Exception as error:
                print("left behind:", bucket, name, error, file=sys.stderr)
        for bucket in (models, foreign, later):
            try:
                store.delete_bucket(Bucket=bucket)
            except Exception as error:
                print("left behind:", bucket, error, file=sys.stderr)


def register(bin, folder, endpoint, key, secret, models, foreign, later, contents):
    wrong = secrets.token_urlsafe(30)
    file = pathlib.Path(folder, "stores.json")

    def entry(name, buckets, endpoint=endpoint, key=key, secret=secret):
        return {"name": name, "buckets": buckets, "endpoint": endpoint, "region": REGION, "style": "path", "access_key_id": key,
                "secret_access_key": secret}

    def write(stores):
        file.touch(0o600)
        file.write_text(json.dumps({"stores": stores}))

    stores = [
        entry("main", [models]), entry("mistyped", [foreign], secret=wrong),
        entry("unknown", ["not-there-at-all"], key="AKIANOBODYHASTHISKEY", secret=wrong),
        entry("away", ["away"], endpoint=f"http://127.0.0.1:{free_port()}")]
    write(stores)
    coordinator = Coordinator(bin, folder)
    settings = pathlib.Path(coordinator.data, "config.toml")
    settings.write_text(settings.read_text().replace("[models]\n", f'[models]\nobject_stores = "{file}"\n'))
    file.chmod(0o644)
    refused = subprocess.run([coordinator.bin, "serve", coordinator.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=SECONDS)
    expect(refused.returncode != 0 and "chmod 600" in refused.stderr and secret not in refused.stderr + refused.stdout,
           "a file of secrets that others can read ends the start, and says chmod 600")
    file.chmod(0o600)
    replies = []

    def asked(name, bucket, key, version="1", **more):
        reply = coordinator.good("POST", "/v1/models/register", {
            "model_name": name, "framework": "PyTorch", "version": version, "storage_url": f"s3://{bucket}/{key}", **more})
        replies.append(reply)
        return reply

    def ended(reply):
        """The model when its file is taken or refused."""
        state = {}

        def has():
            state.update(coordinator.good("GET", "/v1/models/" + reply["model_id"]))
            return state["status"] != "pending"

        until(has, f"{reply['model_id']} is fetched")
        replies.append(dict(state))
        return state

    def kept(reply, content):
        state = ended(reply)
        return state["status"] == "ready" and state["sha256"] == hashlib.sha256(content).hexdigest() and state["bytes"] == len(content)

    coordinator.start()
    try:
        for number, (version, key) in enumerate(zip("12", KEYS)):
            made = asked("iris", models, key, version, sha256=hashlib.sha256(contents[key]).hexdigest())
            expect(kept(made, contents[key]), f"s3://…/{key}: the file is here, byte for byte")
            deployment = coordinator.good("POST", "/v1/models/deploy", {"model_id": made["model_id"]})["deployment_id"]
            reply = {}

            def answers():
                status, body = coordinator.call("POST", "/v1/inference/run", {"deployment_id": deployment, "input": {"data": [ROW]}})
                reply.update(body)
                return status == 200

            until(answers, "the model answers")
            should = expected(lambda i: (-1) ** number * i / 8)
            near = max(abs(a - b) for a, b in zip(reply["output"]["probabilities"][0], should)) < 1e-5
            expect(near and reply["model_sha256"] == hashlib.sha256(contents[key]).hexdigest(), "and answers, under its SHA-256")
        expect(kept(asked("large", models, "large"), contents["large"]), f"{len(contents['large'])} bytes come whole")
        state = ended(asked("other", models, KEYS[0], sha256="0" * 64))
        expect(state["status"] == "failed" and "SHA-256" in state["reason"], "another SHA-256 than was said is refused")
        state = ended(asked("hostile", models, "hostile.pkl"))
        expect(state["status"] == "failed", "what lies there is looked into like everything else")

        state = ended(asked("missing", models, "not-there"))
        expect(state["status"] == "failed" and "no such key" in state["reason"], f"a key that is not there: {state['reason']}")
        for what, bucket in (("a wrong secret", foreign), ("an unknown key", "not-there-at-all")):
            state = ended(asked("m", bucket, "m.safetensors"))
            told = "403" in state["reason"] and "models.object_stores" in state["reason"]
            expect(state["status"] == "failed" and told, f"{what}: {state['reason']}")
            coordinator.good("DELETE", "/v1/models/" + state["model_id"])
        unnamed = asked("late", later, "m.safetensors")
        why = [one["have"] for one in unnamed["blocked_by"]]
        expect(unnamed["status"] == "pending" and why and "models.object_stores" in why[0], f"a bucket that is not named: {why}")
        away = asked("away", "away", "m.safetensors")
        until(lambda: coordinator.good("GET", "/v1/models/" + away["model_id"])["reason"], "the store that is away is tried")
        state = coordinator.good("GET", "/v1/models/" + away["model_id"])
        expect(state["status"] == "pending", f"a store that is away is tried again: {state['reason']}")

        coordinator.end(signal.SIGTERM)
        write([{**stores[0], "buckets": [models, later]}] + stores[1:])
        coordinator.start()
        expect(kept(unnamed, contents["m.safetensors"]), "when the bucket is named and the coordinator restarted, the file is fetched")
        replies.append(coordinator.good("GET", "/v1/models/" + unnamed["model_id"]))
    finally:
        coordinator.end(signal.SIGTERM)
    told = json.dumps(replies).encode() + pathlib.Path(folder, "log").read_bytes()
    told += b"".join(path.read_bytes() for path in pathlib.Path(coordinator.data).rglob("*") if path.is_file())
    expect(not any(one.encode() in told for one in (secret, wrong)), "no reply, no line of the log and no file of the coordinator has a secret in it")


if __name__ == "__main__":
    main()
