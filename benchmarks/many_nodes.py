#!/usr/bin/env python3
"""Resident memory of one coordinator and one client process with many nodes, over TLS, on digits.

Usage: benchmarks/many_nodes.py [--nodes 1,100,1000] [--rounds 5] [--json FILE]
Every node has its own certificate, its own control channel and its own uploads; the rows are dealt out evenly. Memory is
VmRSS late in the training, all nodes connected; what one node costs is the difference to the first run, divided by the
difference of the nodes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def run(command, **keywords):
    done = subprocess.run(command, capture_output=True, text=True, **keywords)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-2000:]}{done.stdout[-2000:]}")
    return done.stdout


def measure(bin, count, rounds):
    folder = tempfile.mkdtemp(prefix="tutti-many-nodes-")
    data = folder + "/coordinator"
    coordinator = clients = None
    try:
        pin = json.loads(run([bin + "/tutti-coordinator", "init", data, "--json"]))["data"]["ca_pin"]
        log = open(folder + "/coordinator.log", "w")
        coordinator = subprocess.Popen(
            [bin + "/tutti-coordinator", "serve", data, "--listen", "127.0.0.1:0"], stdout=log, stderr=log,
            # All come from one address.
            env=os.environ | {"TUTTI_SERVER__MAX_CONNECTIONS_PER_ADDRESS": "10000"})
        while not os.path.exists(data + "/run.json"):
            if coordinator.poll() is not None:
                sys.exit(open(folder + "/coordinator.log").read())
            time.sleep(0.02)
        url = f"https://127.0.0.1:{json.load(open(data + '/run.json'))['port']}"
        run([bin + "/tutti-coordinator", "token", "create", "--data", data, "--count", str(count), "--out", folder + "/tokens"])
        started = time.perf_counter()
        run([bin + "/tutti-client", "join", url, "--tokens", folder + "/tokens", "--ca-pin", pin, "--nodes", folder + "/nodes"])
        enrolled = time.perf_counter() - started

        json.dump({"min_clients": count, "max_clients": 100000, "rounds": rounds, "learning_rate": 0.05, "momentum": 0.9,
                   "model": {"kind": "mlp", "layers": [64, 128, 10]}}, open(folder + "/session.json", "w"))
        made = run([bin + "/tutti-coordinator", "session", "create", folder + "/session.json", "--data", data, "--json"])
        session = json.loads(made)["data"]["session_id"]
        before = resident(coordinator.pid)
        log = open(folder + "/clients.log", "w")
        started = time.perf_counter()
        clients = subprocess.Popen(
            [bin + "/tutti-client", "run", "--nodes", folder + "/nodes", "--dataset", TOP + "/benchmarks/data/digits.csv", "--scale",
             "constant=16", "--classes", "10", "--partition", "{}/%d:seed=42" % count], stdout=log, stderr=log)

        def status():
            shown = run([bin + "/tutti-coordinator", "session", "show", session, "--data", data, "--json"])
            return json.loads(shown)["data"]["status"]

        row, began = {"nodes": count}, None
        while (now := status()) != "completed":
            if clients.poll() is not None or time.perf_counter() - started > 900:
                sys.exit(open(folder + "/clients.log").read()[-2000:])
            if now == "training":
                began = began or time.perf_counter()
                for side, process in (("client", clients), ("coordinator", coordinator)):
                    row[side + "_bytes"], row[side + "_descriptors"] = resident(process.pid), descriptors(process.pid)
            time.sleep(0.1)
        ended = time.perf_counter()
        row.update(
            coordinator_bytes_before=before, enrolment_seconds=round(enrolled, 2), joining_seconds=round(began - started, 2),
            updates_per_second=round(count * rounds / (ended - began), 1))
        return row
    finally:
        for process in (clients, coordinator):
            if process and process.poll() is None:
                process.terminate()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="1,100,1000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    bin = os.environ.get("TUTTI_BIN") or run([TOP + "/cluster/build"]).strip()
    rows = []
    for count in map(int, arguments.nodes.split(",")):
        # A short session would be over before it is looked at.
        row = measure(bin, count, max(arguments.rounds, 200 // count))
        if rows:
            more = row["nodes"] - rows[0]["nodes"]
            for side in ("client", "coordinator"):
                row[f"{side}_bytes_per_node"] = round((row[f"{side}_bytes"] - rows[0][f"{side}_bytes"]) / more)
        rows.append(row)
        print(json.dumps(row))
    if arguments.json:
        json.dump(rows, open(arguments.json, "w"), indent=1)


main()
