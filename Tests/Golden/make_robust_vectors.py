#!/usr/bin/env python3
"""Makes the golden vectors of the rules that judge whole updates and of the attacks: `robust/rules.json`, `robust/attacks.json`.

    python3 -m venv venv && venv/bin/pip install numpy scipy byzfl
    venv/bin/python Tests/Golden/make_robust_vectors.py

Rules: ByzFL, and formulas from the papers in NumPy. ByzFL's Krum sums n - f - 1 neighbours, the paper n - f - 2: ByzFL gets f + 1.
Its geometric median begins at zero and runs to the end here; the twin in NumPy begins at the coordinate-wise median and stops
where the room does. Inputs are exact in Float32, computation is in float64; the output does not change from run to run.
"""

import json
import pathlib

import byzfl
import numpy as np
from scipy.stats import norm

OUT = pathlib.Path(__file__).parent / "robust"
rng = np.random.default_rng(11)


def f32(a):
    return np.asarray(a, dtype=np.float32).astype(np.float64)


def krum_scores(x, f):
    n = len(x)
    squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(2)
    return np.array([np.sort(np.delete(squares[i], i))[: n - f - 2].sum() for i in range(n)])


def weiszfeld(x, smoothing, iterations, tolerance):
    z, before, weights = np.median(x, axis=0), np.inf, np.ones(len(x))
    # The room's median is a Float.
    z = f32(z)
    for _ in range(iterations):
        d = np.maximum(np.linalg.norm(x - z, axis=1), smoothing)
        if not before - d.mean() > tolerance * d.mean():
            break
        before, weights = d.mean(), d.min() / d
        z = (weights[:, None] * x).sum(0) / weights.sum()
    return z, weights


def clipping(x, start, iterations, radius=None):
    v = start
    for _ in range(iterations):
        d = np.linalg.norm(x - v, axis=1)
        tau = np.sort(d)[(len(x) - 1) // 2] if radius is None else radius
        factors = np.where(d <= tau, 1, tau / np.maximum(d, 1e-300))
        v = v + ((x - v) * factors[:, None]).mean(0)
    return v, factors


def rules():
    cases = []
    for n, dimension, f, spread, far in [(7, 5, 2, 1.0, 0.0), (11, 40, 2, 0.1, 50.0), (20, 60, 4, 0.01, 3.0), (25, 9, 8, 1.0, 1e6), (13, 130, 3, 0.5, 2.0)]:
        while True:
            x = f32(rng.normal(1, spread, (n, dimension)))
            x[:f] = f32(x[:f] + far * rng.normal(size=(f, dimension)))
            # One neighbour more or fewer must show.
            if len({int(krum_scores(x, liars).argmin()) for liars in (f - 1, f, f + 1)}) == 3:
                break
        scores = krum_scores(x, f)
        selected = n - f - 1
        best = np.sort(np.argsort(scores)[:selected])
        byz_krum = byzfl.Krum(f=f + 1)(x)
        byz_multi = byzfl.MultiKrum(f=f + 1)(x)
        assert (byz_krum == x[scores.argmin()]).all() and np.allclose(byz_multi, x[best].mean(0), rtol=1e-12)
        twin, weights = weiszfeld(x, 1e-6, 32, 1e-6)
        # ByzFL weighs by one for each vector; run on until it stands.
        byz_median = byzfl.GeometricMedian(nu=1e-9, T=20000)(x)
        start = f32(rng.normal(1, spread, dimension))
        radius = float(np.float32(np.median(np.linalg.norm(x - start, axis=1)) * 0.7))
        rule = byzfl.CenteredClipping(L=3, tau=radius)
        rule.m = start
        byz_clipping = rule(x)
        assert np.allclose(byz_clipping, clipping(x, start, 3, radius)[0])
        adaptive, factors = clipping(x, start, 2)
        bound = radius * 2
        bounded = byzfl.CenteredClipping(L=1, tau=bound)(x)
        cases.append({
            "byzantine": f, "updates": x.tolist(), "krum": byz_krum.tolist(), "selected": selected, "chosen": best.tolist(),
            "multi_krum": byz_multi.tolist(), "median_twin": twin.tolist(), "median_weights": weights.tolist(), "median_byzfl": byz_median.tolist(),
            "reference": start.tolist(), "radius": radius, "clipping": byz_clipping.tolist(), "adaptive": adaptive.tolist(),
            "adaptive_factors": factors.tolist(), "bound": bound, "bounded": bounded.tolist(),
        })
    return cases


def longest(mean, direction, allowed):
    """The paper's halving of steps, run on until nothing moves."""
    gamma, step, best = 10.0, 10.0, 0.0
    while step > 1e-13 * max(best, 1e-9):
        if allowed(mean + gamma * direction):
            best = gamma
            gamma += step / 2
        else:
            gamma -= step / 2
        step /= 2
    return best


def attacks():
    cases = []
    for n, dimension, f in [(6, 4, 2), (15, 30, 4), (8, 100, 3)]:
        x = f32(rng.normal(0.3, 1.0, (n, dimension)))
        mean, deviation = x.mean(0), x.std(0, ddof=1)
        squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(2)
        directions = {"inverseUnit": -mean / np.linalg.norm(mean), "inverseDeviation": -deviation, "inverseSign": -np.sign(mean)}
        min_max = {k: longest(mean, p, lambda v: np.linalg.norm(v - x, axis=1).max() <= np.sqrt(squares.max())) for k, p in directions.items()}
        min_sum = {k: longest(mean, p, lambda v: ((v - x) ** 2).sum() <= squares.sum(1).max()) for k, p in directions.items()}
        z = float(np.float32(0.7))
        clients = n + f
        supporters = clients // 2 + 1 - f
        cases.append({
            "honest": x.tolist(), "clients": clients, "liars": f,
            "z": max(0.0, float(norm.ppf((n - supporters) / n))), "given_z": z,
            # ByzFL adds tau deviations; here they are taken off.
            "alie": byzfl.ALittleIsEnough(tau=-z)(x).tolist(),
            "inner_product": byzfl.InnerProductManipulation(tau=2.5)(x).tolist(), "mimic": byzfl.Mimic(epsilon=1)(x).tolist(),
            "min_max": {k: (mean + g * directions[k]).tolist() for k, g in min_max.items()},
            "min_sum": {k: (mean + g * directions[k]).tolist() for k, g in min_sum.items()},
        })
    return cases


OUT.mkdir(exist_ok=True)
# Float32 inputs and nine digits of results: tests allow 1e-6.
def short(value):
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items()}
    if isinstance(value, list):
        return [short(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


(OUT / "rules.json").write_text(json.dumps({"cases": short(rules())}))
(OUT / "attacks.json").write_text(json.dumps({"cases": short(attacks())}))
