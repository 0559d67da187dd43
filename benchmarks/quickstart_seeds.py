#!/usr/bin/env python3
"""Runs `cluster/quickstart` over ten seeds: as it is and with two liars, and ten clients without secure aggregation, with the mean
and nobody lying, with the trimmed mean and with the mean and two liars.

Usage: benchmarks/quickstart_seeds.py [--seeds 1-10] [--out benchmarks/results/quickstart-seeds.json]
Prints one line per run and the medians; exits 1 when a goal is missed.
"""

import argparse
import json
import pathlib
import statistics
import sys

from quickstart_runs import TOP, cpu, run

TEN = ["--clients", "10", "--secure", "off", "--aggregation"]
MODES = {
    "30, secure, trimmed_mean": [],
    "the same, 2 of 30 lie": ["--malicious", "2"],
    "10, mean": [*TEN, "mean"],
    "10, trimmed_mean, 2 of 10 lie": [*TEN, "trimmed_mean", "--malicious", "2"],
    "10, mean, 2 of 10 lie": [*TEN, "mean", "--malicious", "2"],
}
KEPT = ("test_accuracy", "seconds", "rounds_seconds", "bytes_up", "bytes_down", "model_sha256")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--out", default=str(TOP / "benchmarks/results/quickstart-seeds.json"))
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    runs = {mode: [] for mode in MODES}
    # In turn, so that a change of the machine's speed hits all alike.
    for seed in range(first, last + 1):
        for mode, options in MODES.items():
            whole = run(seed, options)
            result = {"seed": seed, **{key: whole[key] for key in KEPT}}
            runs[mode].append(result)
            print(f"{mode:30} seed {seed:2}  accuracy {result['test_accuracy']:.4f}  {result['seconds']:.2f} s", flush=True)
    rows = {}
    for mode, results in runs.items():
        rows[mode] = {
            "median_accuracy": statistics.median(r["test_accuracy"] for r in results),
            "lowest_accuracy": min(r["test_accuracy"] for r in results),
            "median_seconds": statistics.median(r["seconds"] for r in results),
            "median_rounds_seconds": statistics.median(r["rounds_seconds"] for r in results),
            "runs": results,
        }
        print(f"{mode:30} " + "  ".join(f"{key} {value:.4f}" for key, value in rows[mode].items() if key != "runs"))
    def accuracy(mode): return rows[mode]["median_accuracy"]

    goals = {
        "30, secure: median >= 0.94": accuracy("30, secure, trimmed_mean") >= 0.94,
        "2 of 30 lie: within 3 points": accuracy("the same, 2 of 30 lie") >= accuracy("30, secure, trimmed_mean") - 0.03,
        "10: every honest run >= 0.95": rows["10, mean"]["lowest_accuracy"] >= 0.95,
        "10: honest median >= 0.955": accuracy("10, mean") >= 0.955,
        "10: robust median >= 0.93": accuracy("10, trimmed_mean, 2 of 10 lie") >= 0.93,
        "10: plain mean loses >= 0.1": accuracy("10, mean") - accuracy("10, mean, 2 of 10 lie") >= 0.1,
        "10: honest median < 5 s": rows["10, mean"]["median_seconds"] < 5,
    }
    for goal, holds in goals.items():
        print(f"{goal:34} {'met' if holds else 'MISSED'}")
    out = pathlib.Path(arguments.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"suite": "quickstart-seeds", "cpu": cpu(), "goals": goals, "modes": rows}, indent=1) + "\n")
    sys.exit(0 if all(goals.values()) else 1)


main()
