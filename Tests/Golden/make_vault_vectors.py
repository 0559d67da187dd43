"""Keys, documents and sealed messages of another implementation, for KeyVaultTests.

    python3 Tests/Golden/make_vault_vectors.py VECTORS > Tests/Golden/vault/vectors.json

Needs PyPI's cryptography (48 or newer). VECTORS is draft-ietf-hpke-pq's, HPKE/hpke-pq-test-vectors.json of PyPI's
cryptography_vectors; of it the vector with ML-KEM-1024, HKDF-SHA384
and AES-256-GCM is kept, with its first message. Keys are of fixed seeds; what is encapsulated and signed is fresh at every run.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from cryptography.hazmat.primitives import hpke


def encoded(data):
    return base64.b64encode(data).decode()


def seed(name, count):
    return hashlib.shake_256(name.encode()).digest(count)


def documents(key):
    return {
        "public_pem": key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        "private_pem": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    }


def main():
    out = {"kem": [], "signature": [], "hpke": {}}
    for name, kind in (("ml_kem_768", mlkem.MLKEM768PrivateKey), ("ml_kem_1024", mlkem.MLKEM1024PrivateKey)):
        key = kind.from_seed_bytes(seed(name, 64))
        secret, encapsulated = key.public_key().encapsulate()
        assert key.decapsulate(encapsulated) == secret
        row = {"algorithm": name, "seed": encoded(seed(name, 64)), "encapsulated": encoded(encapsulated), "secret": encoded(secret)}
        row.update(documents(key))
        if name == "ml_kem_1024":
            suite = hpke.Suite(hpke.KEM.MLKEM1024, hpke.KDF.HKDF_SHA384, hpke.AEAD.AES_256_GCM)
            row["sealed"] = encoded(suite.encrypt(b"from another implementation", key.public_key(), info=b"tutti"))
        out["kem"].append(row)
    for name, kind in (("ml_dsa_65", mldsa.MLDSA65PrivateKey), ("ml_dsa_87", mldsa.MLDSA87PrivateKey)):
        key = kind.from_seed_bytes(seed(name, 32))
        row = {"algorithm": name, "seed": encoded(seed(name, 32)), "message": encoded(b"a message"), "context": encoded(b"tutti")}
        row["signature"] = encoded(key.sign(b"a message", b"tutti"))
        row.update(documents(key))
        out["signature"].append(row)
    with open(sys.argv[1]) as file:
        vector = next(v for v in json.load(file) if (v["kem_id"], v["kdf_id"], v["aead_id"]) == (0x42, 2, 2))
    first = vector["encryptions"][0]
    hexes = {"info": "info", "skRm": "seed", "enc": "encapsulated", "shared_secret": "secret", "key": "key", "base_nonce": "nonce"}
    out["hpke"] = {ours: encoded(bytes.fromhex(vector[theirs])) for theirs, ours in hexes.items()}
    out["hpke"].update({ours: encoded(bytes.fromhex(first[theirs])) for theirs, ours in {"aad": "additional", "pt": "plain", "ct": "cipher"}.items()})
    json.dump(out, sys.stdout, indent=1)
    sys.stdout.write("\n")


main()
