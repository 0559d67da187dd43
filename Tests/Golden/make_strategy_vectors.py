#!/usr/bin/env python3
"""Makes the golden vectors of the Strategies tests: `strategies/server.json` and `strategies/rounds.json`.

    python3 -m venv venv && venv/bin/pip install numpy
    venv/bin/python Tests/Golden/make_strategy_vectors.py

The formulas are written from the papers (arXiv 2003.00295, 1910.06378, 2007.07481), vector by vector in float64; inputs
are exact in Float32. The output does not change from run to run.
"""

import json
import pathlib

import numpy as np

OUT = pathlib.Path(__file__).parent / "strategies"
rng = np.random.default_rng(7)


def f32(a):
    return np.asarray(a, dtype=np.float32).astype(np.float64)


def server_cases():
    cases = []
    settings = [
        ("averaging", dict(eta=1.0)), ("averaging", dict(eta=0.3)), ("momentum", dict(eta=0.5, beta1=0.9)),
        ("adagrad", dict(eta=0.1, beta1=0.0, tau=1e-3)), ("adagrad", dict(eta=0.03, beta1=0.9, tau=1e-5)),
        ("adam", dict(eta=0.1, beta1=0.9, beta2=0.99, tau=1e-3)), ("adam", dict(eta=0.01, beta1=0.5, beta2=0.9, tau=1e-9)),
        ("yogi", dict(eta=0.1, beta1=0.9, beta2=0.99, tau=1e-3)), ("yogi", dict(eta=0.02, beta1=0.9, beta2=0.9, tau=0.1)),
    ]
    for rule, s in settings:
        x = f32(rng.normal(size=7))
        start = x
        m, v = np.zeros(7), np.full(7, s.get("tau", 0.0) ** 2)
        deltas, rounds = [], []
        for t in range(6):
            delta = f32(rng.normal(size=7) * 10.0 ** rng.uniform(-4, 0, size=7))
            delta[t % 7] = 0
            if rule == "averaging":
                x = x + s["eta"] * delta
            elif rule == "momentum":
                m = s["beta1"] * m + delta
                x = x + s["eta"] * m
            else:
                m = s["beta1"] * m + (1 - s["beta1"]) * delta
                if rule == "adagrad":
                    v = v + delta**2
                elif rule == "adam":
                    v = s["beta2"] * v + (1 - s["beta2"]) * delta**2
                else:
                    v = v - (1 - s["beta2"]) * delta**2 * np.sign(v - delta**2)
                x = x + s["eta"] * m / (np.sqrt(v) + s["tau"])
            deltas.append(delta.tolist())
            rounds.append(dict(x=x.tolist(), m=m.tolist(), v=v.tolist()))
        cases.append(dict(rule=rule, start=start.tolist(), deltas=deltas, rounds=rounds, **s))
    return cases


INPUTS, OUTPUTS = 4, 3


def gradient(x, features, labels):
    """Of the mean cross-entropy of a softmax regression; x is the weight [outputs, inputs] and then the bias."""
    weight, bias = x[: INPUTS * OUTPUTS].reshape(OUTPUTS, INPUTS), x[INPUTS * OUTPUTS :]
    z = features @ weight.T + bias
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    p /= len(labels)
    return np.concatenate([(p.T @ features).ravel(), p.sum(axis=0)])


def clients():
    result = []
    for rows in (6, 11, 17):
        features = f32(rng.normal(size=(rows, INPUTS)) + rng.normal(size=INPUTS))
        labels = rng.integers(0, OUTPUTS, size=rows)
        result.append((features, labels))
    return result


def local(x, data, steps, eta, momentum=0.0, mu=0.0, correction=0.0):
    """`steps` full-batch steps; the learning rate is inside the change, as in torch.optim.SGD."""
    y, v = x.copy(), np.zeros_like(x)
    for _ in range(steps):
        v = momentum * v + gradient(y, *data) + correction + mu * (y - x)
        y = y - eta * v
    return y


def norm(tau, eta, momentum, mu):
    """The paper's closed forms."""
    if momentum:
        assert not mu
        return (tau - momentum * (1 - momentum**tau) / (1 - momentum)) / (1 - momentum)
    if mu:
        return (1 - (1 - eta * mu) ** tau) / (eta * mu)
    return float(tau)


def round_cases():
    cases = []
    size = (INPUTS + 1) * OUTPUTS
    for name, kind, momentum, mu, rate in [
        ("scaffold", "controlled", 0.0, 0.0, 1.0), ("scaffold, half a server step", "controlled", 0.0, 0.0, 0.5),
        ("fednova", "normalised", 0.0, 0.0, 1.0), ("fednova, momentum", "normalised", 0.5, 0.0, 1.0),
        ("fednova, proximal", "normalised", 0.0, 0.5, 1.0),
    ]:
        data = clients()
        eta = 0.25
        weights = [len(labels) for _, labels in data] if kind == "normalised" else [1, 1, 1]
        x = start = f32(rng.normal(size=size))
        c, own = np.zeros(size), [np.zeros(size) for _ in data]
        rounds = []
        for cohort, steps in [([0, 1], [3, 5]), ([1, 2], [2, 2]), ([0, 2], [7, 1]), ([0, 1, 2], [4, 1, 6])]:
            if kind == "controlled":
                changes, control_changes = [], []
                for i, k in zip(cohort, steps):
                    y = local(x, data[i], k, eta, correction=c - own[i])
                    renewed = own[i] - c + (x - y) / (k * eta)
                    changes.append(y - x)
                    control_changes.append(renewed - own[i])
                    own[i] = renewed
                x = x + rate * np.mean(changes, axis=0)
                c = c + len(cohort) / len(data) * np.mean(control_changes, axis=0)
            else:
                p = np.array([weights[i] for i in cohort], dtype=np.float64)
                p /= p.sum()
                norms = [norm(k, eta, momentum, mu) for k in steps]
                d = [(x - local(x, data[i], k, eta, momentum, mu)) / (eta * n) for i, k, n in zip(cohort, steps, norms)]
                x = x - np.dot(p, norms) * eta * sum(pi * di for pi, di in zip(p, d))
            rounds.append(dict(cohort=cohort, steps=steps, x=x.tolist(), c=c.tolist(), own=[o.tolist() for o in own]))
        cases.append(
            dict(
                name=name, client=kind, eta=eta, momentum=momentum, mu=mu, server_rate=rate, weights=weights, start=start.tolist(),
                clients=[dict(features=f.ravel().tolist(), labels=l.tolist()) for f, l in data], rounds=rounds))
    return cases


OUT.mkdir(exist_ok=True)
(OUT / "server.json").write_text(json.dumps(dict(cases=server_cases()), indent=None) + "\n")
(OUT / "rounds.json").write_text(json.dumps(dict(cases=round_cases()), indent=None) + "\n")
