#!/usr/bin/env python3
"""Secure aggregation by Flower's own functions (SecAgg+), one client and the server, on one thread.

    python3 benchmarks/peers/flower_secagg.py [CLIENTS] [DIMENSION]     (needs flwr and numpy)

What its client mod does to a trained vector (quantise, add its private mask and the pairwise masks, take the modulus,
encode as bytes) and what its workflow does after the shares are in (combine them, take every client's private mask off).
Training, messages and key sharing are left out on both sides. Prints {"version", "client_ms", "server_ms", "upload_bytes"}:
medians of five.
"""

import json
import os
import statistics
import sys
import time
from importlib.metadata import version

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from flwr.common import ndarray_to_bytes
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import generate_shared_key
from flwr.common.secure_aggregation.ndarrays_arithmetic import (
    factor_combine,
    parameters_addition,
    parameters_mod,
    parameters_multiply,
    parameters_subtraction,
)
from flwr.common.secure_aggregation.quantization import quantize
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen
from flwr.supercore.primitives.asymmetric import generate_key_pairs

CLIENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
DIMENSION = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
# The defaults of SecAggPlusWorkflow.
CLIP, TARGET, RANGE, MAX_WEIGHT = 8.0, 1 << 22, 1 << 32, 1000.0


def client(values, own, others, seed):
    q_ratio = round(1 / MAX_WEIGHT * TARGET)
    vector = factor_combine(q_ratio, quantize(parameters_multiply([values], q_ratio / TARGET), CLIP, TARGET))
    shapes = [a.shape for a in vector]
    vector = parameters_addition(vector, pseudo_rand_gen(seed, RANGE, shapes))
    for n, other in enumerate(others):
        mask = pseudo_rand_gen(generate_shared_key(own, other), RANGE, shapes)
        vector = parameters_addition(vector, mask) if n % 2 else parameters_subtraction(vector, mask)
    return [ndarray_to_bytes(a) for a in parameters_mod(vector, RANGE)]


def server(vector, shares, shapes):
    for share in shares:
        vector = parameters_subtraction(vector, pseudo_rand_gen(combine_shares(share), RANGE, shapes))
    return parameters_mod(vector, RANGE)


def median(call):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main():
    random = np.random.default_rng(42)
    values = random.uniform(-1, 1, DIMENSION)
    keys = [generate_key_pairs() for _ in range(CLIENTS)]
    own, others = keys[0][0], [public for _, public in keys[1:]]
    seeds = [os.urandom(32) for _ in range(CLIENTS)]
    threshold = CLIENTS // 2 + 1
    shares = [create_shares(seed, threshold, CLIENTS)[:threshold] for seed in seeds]
    shapes = [(1,), (DIMENSION,)]
    summed = [random.integers(0, RANGE, shape, dtype=np.int64) for shape in shapes]
    sent = client(values, own, others, seeds[0])
    print(
        json.dumps(
            {
                "version": version("flwr"),
                "client_ms": median(lambda: client(values, own, others, seeds[0])),
                "server_ms": median(lambda: server(summed, shares, shapes)),
                "upload_bytes": sum(len(part) for part in sent),
            }
        )
    )


main()
