"""The model of the peers in NumPy: an MLP 64-128-10 on digits, trained by SGD with momentum."""

import numpy as np

SHAPES = ((64, 128), (128,), (128, 10), (10,))
BATCH, RATE, MOMENTUM = 32, 0.05, 0.9


def initial(generator):
    return [
        generator.uniform(-((6 / s[0]) ** 0.5), (6 / s[0]) ** 0.5, s).astype(np.float32) if len(s) == 2 else np.zeros(s, np.float32)
        for s in SHAPES
    ]


def train(parameters, x, y, generator, epochs):
    w1, b1, w2, b2 = (p.copy() for p in parameters)
    velocity = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
    for _ in range(epochs):
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
    return [w1, b1, w2, b2]


def accuracy(parameters, x, y):
    w1, b1, w2, b2 = parameters
    return float(((np.maximum(x @ w1 + b1, 0) @ w2 + b2).argmax(1) == y).mean())
