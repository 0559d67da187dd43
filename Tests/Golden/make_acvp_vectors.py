#!/usr/bin/env python3
"""Writes vault/acvp.json: key generation of ML-KEM-768, ML-KEM-1024 (FIPS 203), ML-DSA-65 and ML-DSA-87 (FIPS 204) as NIST's ACVP server has it
(github.com/usnistgov/ACVP-Server, gen-val/json-files/ML-KEM-keyGen-FIPS203 at f38183487eebff2952da0e5a3441371218acfe3f and ML-DSA-keyGen-FIPS204;
the copies that github.com/cloudflare/circl carries at 33d33c75d9a09aac9a38aba282d0799880dd7224 in kem/mlkem/testdata and sign/mldsa/testdata), 25 keys
each. Of a public key its SHA-256 is kept. NIST's decapsulation vectors are
read from its own files (NISTDecapsulationTests.swift).
Arguments: the two folders with prompt.json and expectedResults.json, plain or with .gz."""
import gzip
import hashlib
import json
import sys
from pathlib import Path

NAMES = {"ML-KEM-768": "ml_kem_768", "ML-KEM-1024": "ml_kem_1024", "ML-DSA-65": "ml_dsa_65", "ML-DSA-87": "ml_dsa_87"}


def read(folder, name):
    plain = Path(folder) / name
    return json.loads(plain.read_text()) if plain.exists() else json.loads(gzip.open(f"{plain}.gz").read())


rows = []
for folder in sys.argv[1:]:
    results = {test["tcId"]: test for group in read(folder, "expectedResults.json")["testGroups"] for test in group["tests"]}
    for group in read(folder, "prompt.json")["testGroups"]:
        name = NAMES.get(group["parameterSet"])
        for test in group["tests"] if name else []:
            expected = results[test["tcId"]]
            public = bytes.fromhex(expected["ek"] if "ek" in expected else expected["pk"])
            # FIPS 203 draws d and z; a seed is one behind the other.
            seed = test.get("seed") or test["d"] + test["z"]
            rows.append({"algorithm": name, "test": test["tcId"], "seed": seed.lower(), "public_bytes": len(public), "public_sha256": hashlib.sha256(public).hexdigest()})
out = Path(__file__).parent / "vault" / "acvp.json"
out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
