"""The same federated averaging loop in NumPy: what `tutti-bench run round` is set beside.

Usage: python3 benchmarks/peers/numpy_fedavg.py benchmarks/data/digits.csv
Prints {"seconds", "accuracy"}; the seconds are the median of five runs of 30 rounds, data loading not counted.
"""

import json
import sys
import time

import numpy as np

import numpy_mlp

CLIENTS, ROUNDS, EPOCHS = 10, 30, 5


def load(path, seed):
    table = np.loadtxt(path, delimiter=",", dtype=np.float32)
    x, y = table[:, :64] / 16, table[:, 64].astype(np.int64)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(y))
    held = len(y) // 5
    test, rest = order[:held], order[held:]
    shares = [[] for _ in range(CLIENTS)]
    for label in range(10):
        rows = rest[y[rest] == label]
        cuts = (np.cumsum(generator.dirichlet([0.5] * CLIENTS))[:-1] * len(rows)).astype(int)
        for share, part in zip(shares, np.split(rows, cuts)):
            share.extend(part)
    return [(x[s], y[s]) for s in shares if len(s)], (x[test], y[test])


def federation(clients, test, seed):
    generator = np.random.default_rng(seed)
    parameters = numpy_mlp.initial(generator)
    total = sum(len(y) for _, y in clients)
    for _ in range(ROUNDS):
        updates = [(len(y), numpy_mlp.train(parameters, x, y, generator, EPOCHS)) for x, y in clients]
        parameters = [sum(n / total * u[i] for n, u in updates).astype(np.float32) for i in range(4)]
    return numpy_mlp.accuracy(parameters, *test)


def main():
    clients, test = load(sys.argv[1], 42)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        accuracy = federation(clients, test, 42)
        times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": sorted(times)[2], "accuracy": accuracy}))


main()
