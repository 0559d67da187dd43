#!/usr/bin/env python3
"""Two of the quickstart's thirty clients lie: what each attack does to the model, over several seeds.

Usage: benchmarks/quickstart_attacks.py [--seeds 1-5] [--real | --clip C] [--out benchmarks/results/quickstart-attacks.json]
Runs `tutti-bench federate`, which computes what the quickstart computes, in this process; with --real `cluster/quickstart`
itself. With --clip 10 updates are not shortened to speak of, as if the liars did not keep to it. Prints a row for each attack; exits 1 when a goal is missed.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from quickstart_runs import TOP, cpu, run

ATTACKS = ["none", "sign_flip", "gaussian", "label_flip", "scaling", "backdoor", "alie", "inner_product", "min_max", "min_sum", "mimic"]
CLEAN_GOAL, POINTS = 0.94, 0.03


def quickstart(seed, lie):
    result = run(seed, lie)
    return result["test_accuracy"], result["backdoor_success"]


def federate(program, seed, clip, lie):
    command = [program, "federate", "--clients", "30", "--secure", "on", "--aggregation", "trimmed_mean", "--clip", clip, "--seed", str(seed), "--json", *lie]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=TOP).stdout)["data"]
    return result["accuracy"], result["backdoor_success"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="1-5")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--clip", default="1", help="of an update's norm; 1 as in the quickstart")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    folder = os.environ.get("TUTTI_BIN") or subprocess.run([TOP / "cluster/build"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    rows = {}
    for attack in ATTACKS:
        lie = [] if attack == "none" else ["--malicious", "2", "--attack", attack]
        runs = []
        for seed in range(first, last + 1):
            accuracy, success = quickstart(seed, lie) if arguments.real else federate(f"{folder}/tutti-bench", seed, arguments.clip, lie)
            runs.append({"seed": seed, "accuracy": accuracy, "backdoor_success": success})
        rows[attack] = {
            "median_accuracy": statistics.median(r["accuracy"] for r in runs), "lowest_accuracy": min(r["accuracy"] for r in runs),
            "median_backdoor_success": statistics.median(r["backdoor_success"] for r in runs),
            "highest_backdoor_success": max(r["backdoor_success"] for r in runs), "runs": runs,
        }
        row = rows[attack]
        print(f"| {attack} | {100 * row['median_accuracy']:.1f} | {100 * row['lowest_accuracy']:.1f} "
              f"| {100 * row['median_backdoor_success']:.1f} | {100 * row['highest_backdoor_success']:.1f} |", flush=True)
    clean = rows["none"]["median_accuracy"]
    goals = {f"nobody lies: {CLEAN_GOAL}": clean >= CLEAN_GOAL}
    for attack in ATTACKS[1:]:
        goals[f"{attack}: within 3 points"] = rows[attack]["median_accuracy"] >= clean - POINTS
    goals["backdoor: at most 3 points more succeed"] = (
        rows["backdoor"]["median_backdoor_success"] <= rows["none"]["median_backdoor_success"] + POINTS)
    for goal, holds in goals.items():
        print(f"{goal:42} {'met' if holds else 'MISSED'}")
    if arguments.out:
        pathlib.Path(arguments.out).write_text(json.dumps(
            {"suite": "quickstart-attacks", "cpu": cpu(), "real": arguments.real, "clip": float(arguments.clip), "goals": goals, "attacks": rows}, indent=1) + "\n")
    sys.exit(0 if all(goals.values()) else 1)


main()
