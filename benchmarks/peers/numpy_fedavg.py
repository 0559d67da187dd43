"""The same federated averaging loop in NumPy: what `tutti-bench run round` is set beside.

Usage: python3 benchmarks/peers/numpy_fedavg.py benchmarks/data/digits.csv
Prints {"seconds", "accuracy"}; the seconds are the median of five runs of 30 rounds, data loading not counted.
"""

import json
import sys
import time

import numpy as np

CLIENTS, ROUNDS, EPOCHS, BATCH, RATE, MOMENTUM = 10, 30, 5, 32, 0.05, 0.9


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


def train(parameters, x, y, generator):
    w1, b1, w2, b2 = (p.copy() for p in parameters)
    velocity = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
    for _ in range(EPOCHS):
        order = generator.permutation(len(y))
        for start in range(0, len(y), BATCH):
            rows = order[start : start + BATCH]
            a, t = x[rows], y[rows]
            h = np.maximum(a @ w1 + b1, 0)
            z = h @ w2 + b2
            z -= z.max(axis=1, keepdims=True)
            p = np.exp(z)
            p /= p.sum(axis=1, keepdims=True)
            p[np.arange(len(t)), t] -= 1
            p /= len(t)
            dh = (p @ w2.T) * (h > 0)
            for value, v, g in zip((w1, b1, w2, b2), velocity, (a.T @ dh, dh.sum(0), h.T @ p, p.sum(0))):
                v *= MOMENTUM
                v += g
                value -= RATE * v
    return w1, b1, w2, b2


def federation(clients, test, seed):
    generator = np.random.default_rng(seed)
    shapes = ((64, 128), (128,), (128, 10), (10,))
    parameters = [
        generator.uniform(-((6 / s[0]) ** 0.5), (6 / s[0]) ** 0.5, s).astype(np.float32) if len(s) == 2 else np.zeros(s, np.float32)
        for s in shapes
    ]
    total = sum(len(y) for _, y in clients)
    for _ in range(ROUNDS):
        updates = [(len(y), train(parameters, x, y, generator)) for x, y in clients]
        parameters = [sum(n / total * u[i] for n, u in updates).astype(np.float32) for i in range(4)]
    x, y = test
    w1, b1, w2, b2 = parameters
    return float(((np.maximum(x @ w1 + b1, 0) @ w2 + b2).argmax(1) == y).mean())


def main():
    clients, test = load(sys.argv[1], 42)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        accuracy = federation(clients, test, 42)
        times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": sorted(times)[2], "accuracy": accuracy}))


main()
