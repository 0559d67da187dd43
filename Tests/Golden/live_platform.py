"""Holds a live coordinator against two PyPI libraries that know nothing of it: `standardwebhooks` verifies what it delivers, and
PyJWT reads its tokens and forges others. Starts the coordinator itself, so that it can be killed at any moment.

    pip install standardwebhooks 'pyjwt[crypto]'
    python3 Tests/Golden/live_platform.py --bin FOLDER_OF_PROGRAMS

Prints one line for each thing it has seen; the first that is otherwise ends it with status 1."""

import argparse, base64, hashlib, hmac, http.server, json, os, queue, signal, tempfile, threading, time
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from live_coordinator import SECONDS, Coordinator, expect, until

class Receiver:
    """Answers with what is in `answers`, then 200; None: not at all."""

    def __init__(self):
        self.got, self.answers, self.port, outer = queue.Queue(), [], 0, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.put((dict(self.headers), body))
                status = outer.answers.pop(0) if outer.answers else 200
                if status is None:
                    time.sleep(SECONDS)
                    return
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.handler = Handler
        self.open()
        self.url = f"http://127.0.0.1:{self.port}/"

    def open(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads, self.server.block_on_close, self.port = True, False, self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next(self):
        headers, body = self.got.get(timeout=SECONDS)
        return {name.lower(): value for name, value in headers.items()}, body


def is_signed(secret, headers, body):
    try:
        return Webhook(secret).verify(body, headers) == json.loads(body)
    except WebhookVerificationError:
        return False


# MARK: Webhooks


def cancel_a_job(coordinator):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    job = coordinator.good("POST", "/api/v2/jobs", {"name": "later", "type": "report", "parameters": {"kind": "usage"}, "scheduled_at": at})["job_id"]
    coordinator.good("DELETE", "/api/v2/jobs/" + job)
    return job


def webhooks(coordinator, cause, event):
    receiver = Receiver()
    made = coordinator.good(
        "POST", "/api/v1/webhooks/configure",
        {"url": receiver.url, "events": [event], "retry_policy": {"max_retries": 8, "retry_delay": 1}})
    secret = made["secret"]
    receiver.answers = [500, 503]
    what = cause(coordinator)
    attempts = [receiver.next() for _ in range(3)]
    expect(all(is_signed(secret, *one) for one in attempts), "standardwebhooks verifies each of three attempts")
    expect(len({headers["webhook-id"] for headers, _ in attempts}) == 1, "a receiver that fails twice gets one id")
    expect(len({body for _, body in attempts}) == 1, "and the same bytes")
    headers, body = attempts[0]
    told = json.loads(body)
    expect(told["event"] == event and what in told["data"].values(), f"{event} tells of {what}")
    expect(not is_signed(secret, headers, body + b" "), "one byte more is refused")
    expect(not is_signed(secret, {**headers, "webhook-id": "msg_0"}, body), "another id is refused")
    expect(not is_signed(secret, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body), "another time is refused")
    until(lambda: delivered(coordinator, made["webhook_id"]) == 1, "the delivery is stored")

    again = coordinator.good("POST", f"/api/v1/webhooks/{made['webhook_id']}/rotate-secret")["secret"]
    cause(coordinator)
    headers, body = receiver.next()
    expect(is_signed(secret, headers, body) and is_signed(again, headers, body), "after a rotation both secrets verify")

    # It has sent, and has not heard: killed now it does not know whether that arrived.
    receiver.answers = [None]
    cause(coordinator)
    first = receiver.next()
    coordinator.end(signal.SIGKILL)
    coordinator.start()
    second = receiver.next()
    expect(first[0]["webhook-id"] == second[0]["webhook-id"] and first[1] == second[1], "kill -9 before the answer: the same again")
    expect(is_signed(again, *second), "and it is signed")

    # Nobody listens, and the coordinator is killed as soon as the cause is committed.
    receiver.close()
    what = cause(coordinator)
    coordinator.end(signal.SIGKILL)
    receiver.open()
    coordinator.start()
    headers, body = receiver.next()
    expect(what in json.loads(body)["data"].values() and is_signed(again, headers, body), "kill -9 between commit and send loses nothing")


def delivered(coordinator, webhook):
    page = coordinator.good("GET", f"/api/v1/webhooks/{webhook}/deliveries")["deliveries"]
    return sum(one["status"] == "delivered" for one in page)


def upgrade(coordinator):
    """The events of a tenant go to that tenant's webhooks."""
    receiver = Receiver()
    tenant = coordinator.good("POST", "/api/v1/tenants", {"name": "Upgraded", "performance_tier": "basic"})["tenant_id"]
    acting = {"X-Tenant-ID": tenant}
    made = coordinator.good("POST", "/api/v1/webhooks/configure", {"url": receiver.url, "events": ["tenant.tier.upgraded"]}, headers=acting)
    coordinator.good("PUT", "/api/v1/tenants/" + tenant, {"performance_tier": "premium"})
    headers, body = receiver.next()
    data = json.loads(body)["data"]
    expect(is_signed(made["secret"], headers, body), "an upgrade is told and signed")
    expect((data["tenant_id"], data["previous_tier"], data["new_tier"]) == (tenant, "basic", "premium"), "with the tiers")


# MARK: Tokens

part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
raw = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def tokens(coordinator):
    coordinator.good("POST", "/api/v4/identity/users", {"name": "ada", "password": "correct horse battery", "scopes": ["jobs"]})
    token = coordinator.good("POST", "/api/v2/auth/login", {"username": "ada", "password": "correct horse battery"}, bearer="")["access_token"]
    keys = json.load(open(coordinator.data + "/signing.keys"))
    header = jwt.get_unverified_header(token)
    secret = {one["kid"]: raw(one["secret"]) for one in keys["keys"]}[header["kid"]]
    required = ["iss", "aud", "sub", "tid", "scope", "jti", "iat", "exp"]
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience="v2", issuer=keys["issuer"], options={"require": required})
    expect(header == {"alg": "HS256", "typ": "JWT", "kid": header["kid"]} and len(secret) == 32, "the token is HS256 with a key of 32 bytes")
    expect(claims["tid"] == "default" and claims["exp"] - claims["iat"] > 0, "PyJWT reads it, with audience and end")
    for audience, why in [("v1", jwt.InvalidAudienceError), ("phi", jwt.InvalidAudienceError)]:
        try:
            jwt.decode(token, secret, algorithms=["HS256"], audience=audience)
            expect(False, f"PyJWT refuses it for {audience}")
        except why:
            expect(True, f"PyJWT refuses it for {audience}")

    def status(text, path="/api/v2/jobs"):
        return coordinator.call("GET", path, bearer=text)[0]

    kid, now = {"kid": header["kid"]}, int(time.time())
    make = lambda changes={}, key=secret, algorithm="HS256", headers=kid: jwt.encode({**claims, **changes}, key, algorithm=algorithm, headers=headers)
    expect(status(token) == 200, "its own token opens the door")
    expect(status(make()) == 200, "so does one that PyJWT makes with the key")

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def by_hand(head, key, digest=hashlib.sha256, payload=claims):
        text = part(json.dumps(head).encode()) + "." + part(json.dumps(payload).encode())
        return text + "." + part(hmac.new(key, text.encode(), digest).digest())

    h, p, s = token.split(".")
    forged = {
        "alg none": jwt.encode(claims, None, algorithm="none", headers=kid),
        "alg none with a signature": by_hand({**header, "alg": "none"}, secret),
        "no signature": f"{h}.{p}.",
        "a wrong audience": make({"aud": ["v1"]}),
        "an audience that is nobody": make({"aud": ["elsewhere"]}),
        "expired": make({"iat": now - 7200, "exp": now - 3600}),
        "issued in the future": make({"iat": now + 3600, "exp": now + 7200}),
        "not before the future": make({"nbf": now + 3600}),
        "another issuer": make({"iss": "tutti-0000000000000000"}),
        "HS384 with the key": make(algorithm="HS384"),
        "HS512 with the key": make(algorithm="HS512"),
        "RS256 with a key of its own": make(key=private, algorithm="RS256"),
        "HMAC with a public key": by_hand(header, public),
        "RS256 that is an HMAC": by_hand({**header, "alg": "RS256"}, secret),
        "another key": make(key=b"\x00" * 32),
        "a kid that is none": make(headers={"kid": "0" * 16}),
        "no kid": make(headers={}),
        "another payload": f"{h}.{part(json.dumps({**claims, 'scope': 'admin jobs'}).encode())}.{s}",
        "another tenant": make({"tid": "tenant_00000000000000000000000000000000"}),
    }
    for name, text in forged.items():
        expect(status(text) == 401, "refused: " + name)
    expect(status(token, "/api/v1/webhooks") in (401, 403), "a token of v2 opens nothing of v1")
    coordinator.good("GET", "/api/v2/jobs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        coordinator = Coordinator(arguments.bin, folder)
        coordinator.start()
        try:
            tokens(coordinator)
            upgrade(coordinator)
            webhooks(coordinator, cancel_a_job, "job.cancelled")
            coordinator.end(signal.SIGTERM)
        finally:
            if coordinator.process.poll() is None:
                coordinator.process.kill()
            coordinator.log.close()
            if os.environ.get("TUTTI_LOG"):
                print(open(folder + "/log").read())
