"""Writes Tests/Golden/secrets/envelopes.json: sealed secrets, made from the description in docs/adr/0034 without a line of the product.
Run from the top folder with `cryptography` installed."""

import hashlib, json, os
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

DATA, TENANT_KEY, MASTER_KEYS = 1, 2, 3


def context(tenant, purpose, id, version):
    out = b""
    for text in (tenant, purpose, id):
        out += len(text.encode()).to_bytes(4, "big") + text.encode()
    return out + version.to_bytes(8, "big")


def seal(secret, kind, key, number, where, salt):
    head = bytes([1, kind]) + number.to_bytes(4, "big") + salt
    derived = HKDF(hashes.SHA256(), 44, salt, b"tutti secret envelope" + head[:6]).derive(key)
    return head + AESGCM(derived[:32]).encrypt(derived[32:], secret, head + context(*where))


def durable(payload):
    """Magic, length (little-endian), SHA-256, payload."""
    return b"TUTTI\x01\n\x01" + len(payload).to_bytes(8, "little") + hashlib.sha256(payload).digest() + payload


def drawn(label, count=32):
    return hashlib.shake_256(label.encode()).digest(count)


envelopes = []
for name, kind, number, where, secret in [
    ("a webhook's secret", DATA, 1, ("default", "webhook-secret", "webhook_0123", 1), b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("nothing", DATA, 7, ("", "", "", 0), b""),
    ("names beyond ASCII", DATA, 4294967295, ("Zürich/é", "schlüssel", "😀", 18446744073709551615), bytes(range(256))),
    ("a tenant's key", TENANT_KEY, 2, ("default", "tenant-key", "", 3), drawn("tenant's key")),
]:
    key, salt = drawn("key of " + name), drawn("salt of " + name)
    tenant, purpose, id, version = where
    envelopes.append(dict(
        name=name, kind=kind, number=number, tenant=tenant, purpose=purpose, id=id, version=str(version), key=key.hex(), salt=salt.hex(),
        secret=secret.hex(), envelope=seal(secret, kind, key, number, where, salt).hex()))

keys = [(2, drawn("new master")), (1, drawn("old master"))]
encoded = bytes([len(keys)]) + b"".join(n.to_bytes(4, "big") + k for n, k in keys)
salt, passphrase = drawn("scrypt", 16), b"correct horse battery staple"
LOG_N = 10  # small, so that tests are quick; the file says which it is
stretched = Scrypt(salt, 32, 2**LOG_N, 8, 1).derive(passphrase)
files = dict(
    keys=[dict(number=n, key=k.hex()) for n, k in keys],
    plain=durable(b"\x01" + encoded).hex(),
    passphrase=passphrase.decode(),
    with_passphrase=durable(
        bytes([2, LOG_N]) + salt + seal(encoded, MASTER_KEYS, stretched, 0, ("", "master-keys", "", 0), drawn("file's salt"))).hex())

os.makedirs("Tests/Golden/secrets", exist_ok=True)
with open("Tests/Golden/secrets/envelopes.json", "w") as out:
    json.dump(dict(envelopes=envelopes, files=files), out, indent=1, ensure_ascii=False)
    out.write("\n")
