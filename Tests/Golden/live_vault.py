"""Holds a live coordinator's key vault against PyPI's cryptography, both ways: HPKE, key exchange, signatures, PEM, and an export that is
opened from docs/key-vault.md and ADR 34 alone. Starts the coordinator itself.

    pip install 'cryptography>=48'
    python3 Tests/Golden/live_vault.py --bin FOLDER_OF_PROGRAMS

Prints one line for each thing it has seen; the first that is otherwise ends it with status 1."""

import argparse, base64, hashlib, json, os, signal, ssl, subprocess, tempfile, time, urllib.error, urllib.request
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECONDS = 120  # Nothing takes as long, also on a slow machine.
VAULT = "/api/v4/quantum-encryption"
PASSPHRASE = "a passphrase for the drill"
SUITES = {
    "ml_kem_768": hpke.Suite(hpke.KEM.MLKEM768, hpke.KDF.HKDF_SHA384, hpke.AEAD.AES_256_GCM),
    "ml_kem_1024": hpke.Suite(hpke.KEM.MLKEM1024, hpke.KDF.HKDF_SHA384, hpke.AEAD.AES_256_GCM),
}
PRIVATE = {
    "ml_kem_768": mlkem.MLKEM768PrivateKey, "ml_kem_1024": mlkem.MLKEM1024PrivateKey,
    "ml_dsa_65": mldsa.MLDSA65PrivateKey, "ml_dsa_87": mldsa.MLDSA87PrivateKey,
}


def expect(is_so, what):
    if not is_so:
        raise SystemExit("not so: " + what)
    print("ok:", what, flush=True)


def encoded(data):
    return base64.b64encode(data).decode()


def decoded(text):
    return base64.b64decode(text)


def pem(key):
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def parts(label, *texts):
    return label + b"".join(len(text).to_bytes(2, "big") + text for text in texts)


class Coordinator:
    def __init__(self, bin, folder):
        self.data, self.log = folder + "/data", open(folder + "/log", "ab")
        program = bin + "/tutti-coordinator"
        subprocess.run([program, "init", self.data], check=True, stdout=self.log, stderr=self.log)
        self.key = open(self.data + "/admin.key").read().strip()
        self.tls = ssl.create_default_context(cafile=self.data + "/ca.pem")
        self.process = subprocess.Popen([program, "serve", self.data, "--listen", "127.0.0.1:0"], stdout=self.log, stderr=self.log)
        end = time.monotonic() + SECONDS
        while not os.path.exists(self.data + "/run.json"):
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit("the coordinator does not start")
            time.sleep(0.05)
        self.url = json.load(open(self.data + "/run.json"))["url"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + VAULT + path, None if body is None else json.dumps(body).encode(), method=method)
        request.add_header("Authorization", "Bearer " + self.key)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=self.tls) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def made(self, path, body):
        status, reply = self.call("POST", path, body)
        if status not in (200, 201):
            raise SystemExit(f"{path}: {status} {reply}")
        return reply


def envelope(sealed, key, number, tenant, id, version):
    """ADR 34, kind 1."""
    header, salt = sealed[:38], sealed[6:38]
    assert sealed[0] == 1 and sealed[1] == 1 and int.from_bytes(sealed[2:6], "big") == number
    both = HKDF(hashes.SHA256(), 44, salt, b"tutti secret envelope" + sealed[:6]).derive(key)
    context = b"".join(len(text).to_bytes(4, "big") + text for text in (tenant, b"vault-backup", id)) + version.to_bytes(8, "big")
    return AESGCM(both[:32]).decrypt(both[32:], sealed[38:], header + context)


def drill(vault, key_id):
    """The newest seed of an export, by the documents alone."""
    backup = json.loads(decoded(vault.made(f"/keys/{key_id}/export", {"passphrase": PASSPHRASE})["backup"]))
    cost = 2 ** backup["logN"]
    key = hashlib.scrypt(PASSPHRASE.encode(), salt=bytes(backup["salt"]), n=cost, r=8, p=1, maxmem=256 * 8 * cost + (64 << 20), dklen=32)
    record = backup["record"]
    version = record["versions"][-1]
    return envelope(bytes(version["envelope"]), key, 0, record["tenant"].encode(), record["id"].encode(), version["number"])[32:]


def messages(vault):
    for algorithm, suite in SUITES.items():
        made = vault.made("/keys/generate", {"algorithm": algorithm, "backup_enabled": True})
        public = serialization.load_pem_public_key(made["public_key"].encode())
        expect(pem(public) == made["public_key"], f"{algorithm}: its PEM is the one that another library writes")
        sealed = suite.encrypt(b"from the other side", public)
        opened = vault.made("/decrypt", {"key_id": made["key_id"], "encrypted_data": encoded(sealed)})
        expect(opened["data"] == "from the other side", f"{algorithm}: what another library seals opens here")
        said = set()
        for place in range(0, len(sealed), 97):
            changed = bytearray(sealed)
            changed[place] ^= 1
            status, reply = vault.call("POST", "/decrypt", {"key_id": made["key_id"], "encrypted_data": encoded(bytes(changed))})
            said.add((status, reply["error"]["message"], json.dumps(reply["error"].get("details", {}).get("issue"))))
        expect(len(said) == 1 and next(iter(said))[0] == 400, f"{algorithm}: any changed byte is refused in the same words")
        own = PRIVATE[algorithm].from_seed_bytes(drill(vault, made["key_id"]))
        expect(pem(own.public_key()) == made["public_key"], f"{algorithm}: an export gives the seed by the documents alone")
        ours = decoded(vault.made("/encrypt", {"key_id": made["key_id"], "data": "from here"})["encrypted_data"])
        expect(suite.decrypt(ours, own) == b"from here", f"{algorithm}: what is sealed here another library opens")
        try:
            suite.decrypt(ours[:-1] + bytes([ours[-1] ^ 1]), own)
            expect(False, "a changed byte is refused there")
        except InvalidTag:
            pass


def signatures(vault):
    for algorithm in ("ml_dsa_65", "ml_dsa_87"):
        made = vault.made("/keys/generate", {"algorithm": algorithm, "backup_enabled": True})
        public = serialization.load_pem_public_key(made["public_key"].encode())
        path = f"/keys/{made['key_id']}"
        signature = decoded(vault.made(path + "/sign", {"data": "a message", "context": "live"})["signature"])
        public.verify(signature, b"a message", b"live")
        expect(True, f"{algorithm}: what is signed here another library verifies")
        try:
            public.verify(signature, b"another message", b"live")
            expect(False, "a signature is of its message")
        except InvalidSignature:
            pass
        own = PRIVATE[algorithm].from_seed_bytes(drill(vault, made["key_id"]))
        theirs = encoded(own.sign(b"theirs", b"live"))
        expect(vault.made(path + "/verify", {"data": "theirs", "signature": theirs, "context": "live"})["valid"], f"{algorithm}: and the other way round")


def exchange(vault):
    kem, a, b = mlkem.MLKEM1024PrivateKey.generate(), mldsa.MLDSA65PrivateKey.generate(), mldsa.MLDSA87PrivateKey.generate()

    def digest(key):
        return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()

    for id, key in (("party-a", a), ("party-b", b)):
        proof = key.sign(parts(b"tutti exchange party 1", b"default", id.encode(), digest(key.public_key())), b"registration")
        vault.made("/parties", {"party_id": id, "public_key": pem(key.public_key()), "proof": encoded(proof)})
    at = int(time.time() * 1000)
    signed = parts(
        b"tutti key exchange request 1", b"default", b"party-a", b"party-b", b"kem_encapsulation", digest(kem.public_key()),
        (60).to_bytes(8, "big"), at.to_bytes(8, "big"))
    body = {
        "initiator_id": "party-a", "responder_id": "party-b", "public_key": pem(kem.public_key()), "session_parameters": {"session_timeout": 60},
        "signed_at_ms": at, "initiator_signature": encoded(a.sign(signed, b"initiator")), "responder_signature": encoded(b.sign(signed, b"responder")),
    }
    reply = vault.made("/key-exchange", body)
    expect(reply["security_parameters"]["authentication"] == "mutual", "an exchange that both have signed is mutual")
    session = vault.call("GET", "/key-exchange/" + reply["session_id"])[1]
    secret = HKDF(hashes.SHA384(), 32, None, decoded(session["key_derivation_info"])).derive(kem.decapsulate(decoded(session["encapsulated_key"])))
    expect(secret == decoded(reply["shared_secret"]), "the initiator decapsulates the same secret")
    shown = HKDF(hashes.SHA384(), 32, None, parts(b"tutti key confirmation 1", reply["session_id"].encode())).derive(secret)
    confirmed = vault.made(f"/key-exchange/{reply['session_id']}/confirm", {"confirmation": encoded(shown)})
    expect(confirmed["status"] == "confirmed", "and shows it")
    expect(vault.call("POST", "/key-exchange", body)[0] == 409, "a signed request is taken once")


parser = argparse.ArgumentParser()
parser.add_argument("--bin", required=True)
parser.add_argument("--only", nargs="*", default=["messages", "signatures", "exchange"])
arguments = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    vault = Coordinator(arguments.bin, folder)
    try:
        for name in arguments.only:
            {"messages": messages, "signatures": signatures, "exchange": exchange}[name](vault)
    finally:
        vault.process.send_signal(signal.SIGTERM)
        vault.process.wait(SECONDS)
