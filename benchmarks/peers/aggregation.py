#!/usr/bin/env python3
"""Aggregation of updates by NumPy, PyTorch, SciPy and ByzFL: seconds of one call, on one thread.

    python3 benchmarks/peers/aggregation.py [FLOATS]     (numpy; torch, scipy and byzfl where they are installed)

FLOATS (20,000,000 if not given) are shared by n updates; a tenth is trimmed at either end. Prints one JSON object:
{"seconds": {"numpy.trimmed_mean.n10": …}, "absent": ["byzfl", …]}. Each figure is the median of three calls, after one
that is not counted.
"""
import importlib
import json
import os
import statistics
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

FLOATS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
REPETITIONS = 3


def load(name):
    try:
        return importlib.import_module(name)
    except Exception:  # a broken installation is as good as none
        return None


def seconds(call):
    call()
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    numpy = load("numpy")
    if numpy is None:
        sys.exit("numpy is not installed: python3 -m pip install numpy")
    torch, stats, byzfl = load("torch"), load("scipy.stats"), load("byzfl")
    if torch is not None:
        torch.set_num_threads(1)
    absent = [n for n, m in [("torch", torch), ("scipy", stats), ("byzfl", byzfl)] if m is None]
    random = numpy.random.default_rng(42)
    result = {}

    def measure(name, call):
        result[name] = seconds(call)
        print(f"{name}: {result[name]:.4f} s", file=sys.stderr)

    for n in (10, 32, 64, 100):
        x = random.uniform(-1, 1, (n, FLOATS // n)).astype(numpy.float32)
        trim = n // 10
        weights = numpy.full(n, 1 / n, numpy.float32)
        measure(f"numpy.trimmed_mean.n{n}", lambda: numpy.sort(x, axis=0)[trim : n - trim].mean(axis=0))
        measure(f"numpy.median.n{n}", lambda: numpy.median(x, axis=0))
        measure(f"numpy.mean.n{n}", lambda: weights @ x)
        if stats is not None:
            measure(f"scipy.trimmed_mean.n{n}", lambda: stats.trim_mean(x, 0.1, axis=0))
        if torch is not None:
            t = torch.from_numpy(x)
            w = torch.from_numpy(weights)
            measure(f"torch.trimmed_mean.n{n}", lambda: torch.sort(t, dim=0).values[trim : n - trim].mean(dim=0))
            measure(f"torch.median.n{n}", lambda: torch.median(t, dim=0).values)
            measure(f"torch.mean.n{n}", lambda: w @ t)
            if n == 100:
                part = t[:, :100_000].contiguous()
                measure(f"torch.distances.n{n}", lambda: torch.cdist(part, part))
            if byzfl is not None:
                measure(f"byzfl.trimmed_mean.n{n}", lambda: byzfl.TrMean(f=trim)(t))
                measure(f"byzfl.median.n{n}", lambda: byzfl.Median()(t))
    print(json.dumps({"seconds": result, "absent": absent}))


main()
