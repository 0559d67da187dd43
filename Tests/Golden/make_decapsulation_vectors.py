#!/usr/bin/env python3
"""Writes vault/decapsulation.json and vault/verification.json.

    python3 Tests/Golden/make_decapsulation_vectors.py WYCHEPROOF

Decapsulation by ML-KEM-768 and ML-KEM-1024 (FIPS 203) from seeds:
C2SP/wycheproof at dac1dd4729fd1f8dd9e1e9f3dce51d783da6c166, testvectors_v1/mlkem_{768,1024}_test.json, all tests (WYCHEPROOF is the folder that
has them): honest encapsulations, implicit rejection, a rejection that strcmp would miss (from C2SP/CCTV), seeds and encapsulated secrets of another
length. The intermediate values of C2SP/CCTV (at 1e3d2860d46e94e777e1b17c7a6f2436387e3ecc) give other keys than FIPS 203 makes of their d and z.

NIST's own (ACVP, ML-KEM-encapDecap-FIPS203) held expanded private keys alone until v1.1.0.43, and the library takes seeds. Its internalProjection.json
names the seeds since then: NISTDecapsulationTests.swift reads them where they are given.

Verification by ML-DSA-65 and ML-DSA-87 (FIPS 204): of wycheproof's mldsa_{65,87}_verify_test.json the first two tests of each combination of
result and flags.
"""
import base64
import hashlib
import json
import sys
from pathlib import Path

wycheproof = Path(sys.argv[1])
out = Path(__file__).parent / "vault"


def encoded(text):
    return base64.b64encode(bytes.fromhex(text)).decode()


def write(name, rows):
    (out / name).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(name, len(rows))


rows = []
for size in ("768", "1024"):
    name = f"ml_kem_{size}"
    for group in json.loads((wycheproof / f"mlkem_{size}_test.json").read_text())["testGroups"]:
        for test in group["tests"]:
            public = hashlib.sha256(bytes.fromhex(test["ek"])).hexdigest() if test.get("ek") else None
            rows.append(
                {"algorithm": name, "source": "wycheproof", "test": test["tcId"], "seed": test["seed"], "public_sha256": public, "encapsulated": encoded(test["c"]), "secret": test.get("K") if test["result"] == "valid" else None}
            )
write("decapsulation.json", rows)

rows = []
for size in ("65", "87"):
    kept = {}
    for group in json.loads((wycheproof / f"mldsa_{size}_verify_test.json").read_text())["testGroups"]:
        for test in group["tests"]:
            kind = (test["result"], *test["flags"])
            kept[kind] = kept.get(kind, 0) + 1
            if kept[kind] > 2:
                continue
            rows.append(
                {"algorithm": f"ml_dsa_{size}", "test": test["tcId"], "flags": test["flags"], "valid": test["result"] == "valid", "public": encoded(group["publicKey"]), "message": encoded(test["msg"]), "context": encoded(test.get("ctx", "")), "signature": encoded(test["sig"])}
            )
write("verification.json", rows)
