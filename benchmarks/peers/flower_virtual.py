"""Flower's simulation engine on the task of `tutti-bench run virtual`: 1,000 virtual clients of 32 digits rows each, 100 a
round, one local epoch of an MLP 64-128-10.

Usage: OMP_NUM_THREADS=1 python3 benchmarks/peers/flower_virtual.py benchmarks/data/digits.csv
Needs: pip install 'flwr[simulation]' numpy
Prints {"version", "seconds_per_round", "updates_per_second", "resident_mb", "accuracy"}: the median over the rounds without
the first three (they start the workers), and the resident memory of all of its processes after the last round.
"""

import json
import os
import sys
import time
from importlib.metadata import version

import numpy as np

import numpy_mlp

CLIENTS, COHORT, ROUNDS, ROWS, EPOCHS, ALPHA = 1000, 100, 20, 32, 1, 0.5
PATH = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "benchmarks/data/digits.csv")
DATA = None


def data():
    """Loaded once in each process."""
    global DATA
    if DATA is None:
        table = np.loadtxt(PATH, delimiter=",", dtype=np.float32)
        order = np.random.default_rng(42).permutation(len(table))
        x, y = table[order, :64] / 16, table[order, 64].astype(np.int64)
        held = len(y) // 5
        DATA = (x[held:], y[held:]), (x[:held], y[:held])
    return DATA


def rows(client):
    (_, y), _ = data()
    generator = np.random.default_rng([42, client])
    classes = generator.choice(10, size=ROWS, p=generator.dirichlet([ALPHA] * 10))
    return np.array([generator.choice(np.flatnonzero(y == c)) for c in classes])


def resident_mb(of):
    """Of a process and everything it started."""
    parents, sizes = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
        except OSError:
            continue
        parents[int(pid)] = int(fields["PPid"])
        sizes[int(pid)] = int(fields.get("VmRSS", "0 kB").split()[0]) / 1e3
    def belongs(pid):
        while pid and pid != of:
            pid = parents.get(pid, 0)
        return pid == of
    return sum(size for pid, size in sizes.items() if belongs(pid))


def main():
    from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp
    from flwr.serverapp import Grid, ServerApp
    from flwr.serverapp.strategy import FedAvg
    from flwr.simulation import run_simulation

    client = ClientApp()

    @client.train()
    def _(message: Message, context: Context) -> Message:
        (x, y), _ = data()
        number = int(context.node_config["partition-id"])
        if "rows" not in globals().setdefault("CACHE", {}).setdefault(number, {}):
            CACHE[number]["rows"] = rows(number)
        mine = CACHE[number]["rows"]
        parameters = numpy_mlp.train(message.content["arrays"].to_numpy_ndarrays(), x[mine], y[mine], np.random.default_rng(number), EPOCHS)
        content = RecordDict({"arrays": ArrayRecord(parameters), "metrics": MetricRecord({"num-examples": len(mine)})})
        return Message(content=content, reply_to=message)

    server = ServerApp()
    ends, result = [], {}

    @server.main()
    def _(grid: Grid, context: Context) -> None:
        initial = numpy_mlp.initial(np.random.default_rng(42))

        def evaluate(number, arrays):
            ends.append(time.perf_counter())
            result["accuracy"] = numpy_mlp.accuracy(arrays.to_numpy_ndarrays(), *data()[1])
            if number == ROUNDS:
                result["resident_mb"] = resident_mb(os.getpid())

        FedAvg(
            fraction_train=COHORT / CLIENTS, fraction_evaluate=0.0, min_train_nodes=COHORT, min_evaluate_nodes=0, min_available_nodes=CLIENTS
        ).start(grid=grid, initial_arrays=ArrayRecord(initial), num_rounds=ROUNDS, evaluate_fn=evaluate)

    run_simulation(
        server, client, num_supernodes=CLIENTS,
        backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0.0}, "init_args": {"include_dashboard": False}},
    )
    seconds = sorted([b - a for a, b in zip(ends, ends[1:])][3:])
    median = seconds[len(seconds) // 2]
    print(json.dumps({"version": version("flwr"), "seconds_per_round": median, "updates_per_second": COHORT / median, **result}))


main()
