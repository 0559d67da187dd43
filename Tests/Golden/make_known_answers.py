#!/usr/bin/env python3
"""Writes vault/kem.json and vault/signatures.json: known answers of FIPS 203 and FIPS 204 out of PyPI's cryptography_vectors (Apache-2.0 or BSD-3-Clause).

    pip download --no-deps cryptography_vectors==50.0.2 && unzip cryptography_vectors-*.whl
    python3 Tests/Golden/make_known_answers.py cryptography_vectors

kat_MLKEM_{768,1024}.rsp: seed (d and z), key, an encapsulation with its secret, and one of noise with the secret that implicit rejection gives.
kat_MLDSA_{65,87}_det_pure.rsp: seed, key, and a signature without chance with its message and context. The first of each; of a public key its
SHA-256 is kept. The vector of HPKE that make_vault_vectors.py takes is HPKE/hpke-pq-test-vectors.json of the same package.
"""
import base64
import hashlib
import itertools
import json
import sys
from pathlib import Path

KEYS, SIGNATURES = 12, 8


def rows(path):
    row = {}
    for line in path.open():
        name, equals, value = (part.strip() for part in line.partition("="))
        if name == "count" and row:
            yield row
            row = {}
        if equals:
            row[name] = value
    yield row


def digest(text):
    return hashlib.sha256(bytes.fromhex(text)).hexdigest()


def encoded(text):
    return base64.b64encode(bytes.fromhex(text)).decode()


def write(name, rows):
    out = Path(__file__).parent / "vault" / name
    out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


folder = Path(sys.argv[1]) / "asymmetric"
write("kem.json", [
    {"algorithm": f"ml_kem_{size}", "count": int(row["count"]), "seed": row["d"] + row["z"], "public_sha256": digest(row["pk"]),
     "encapsulated": encoded(row["ct"]), "secret": row["ss"], "noise": encoded(row["ct_n"]), "rejection": row["ss_n"]}
    for size in (768, 1024) for row in itertools.islice(rows(folder / "MLKEM" / f"kat_MLKEM_{size}.rsp"), KEYS)])
signatures = []
for size in (65, 87):
    for row in itertools.islice(rows(folder / "MLDSA" / f"kat_MLDSA_{size}_det_pure.rsp"), SIGNATURES):
        # The signature, then the message.
        assert row["sm"].endswith(row["msg"])
        signatures.append(
            {"algorithm": f"ml_dsa_{size}", "count": int(row["count"]), "seed": row["xi"], "public_sha256": digest(row["pk"]),
             "message": encoded(row["msg"]), "context": encoded(row["ctx"]), "signature": encoded(row["sm"][: len(row["sm"]) - len(row["msg"])])})
write("signatures.json", signatures)
