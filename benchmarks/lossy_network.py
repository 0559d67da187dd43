#!/usr/bin/env python3
"""A session over a network that loses, delays and reorders packets, and parts for seconds: does the same model come out?

Coordinator and clients are in two network namespaces with nothing between them but this program, which carries their packets (TUN
devices). Needs root, and the programs built (TUTTI_BIN, or .build/release).

    sudo benchmarks/lossy_network.py --loss 0.05 --delay-ms 10 --jitter-ms 30 --partitions 3 --json FILE
"""

import argparse
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("TUTTI_BIN", os.path.join(TOP, ".build", "release"))
COORDINATOR, CLIENTS = ("tutti-a", "10.77.0.1"), ("tutti-b", "10.77.0.2")
CLONE_NEWNET, TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x40000000, 0x400454CA, 0x0001, 0x1000
NAMES = ["client-01", "client-02", "client-03"]
SESSION = {
    "min_clients": 3, "quorum": 3, "rounds": 12, "round_deadline": 600, "learning_rate": 0.05, "momentum": 0.9, "local_epochs": 3, "seed": 7,
    "model": {"kind": "mlp", "layers": [64, 64, 10]}, "heartbeat_interval": 1, "require_client_certificate": True,
}


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def device(namespace, own, other):
    """A TUN device in the namespace; what is sent there is read from the descriptor."""
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET) != 0:
        sys.exit("error: this needs root (network namespaces).")
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"tutti0", IFF_TUN | IFF_NO_PI))
    finally:
        libc.setns(here, CLONE_NEWNET)
    call("ip", "-n", namespace, "addr", "add", own, "peer", other, "dev", "tutti0")
    call("ip", "-n", namespace, "link", "set", "tutti0", "up")
    call("ip", "-n", namespace, "link", "set", "lo", "up")
    return tun


class Network(threading.Thread):
    """Carries packets between two devices; each may be lost, and is under way for a time of its own, so that they overtake one another."""

    def __init__(self, one, two, loss, delay, jitter, seed):
        super().__init__(daemon=True)
        self.ends, self.loss, self.delay, self.jitter = (one, two), loss, delay, jitter
        self.random, self.parted = random.Random(seed), False
        self.carried = self.lost = self.overtaken = 0

    def run(self):
        under_way, number, last = [], 0, {0: -1, 1: -1}
        while True:
            wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else 0.05
            readable, _, _ = select.select(self.ends, [], [], min(wait, 0.05))
            for end in readable:
                packet = os.read(end, 65536)
                if self.parted or self.random.random() < self.loss:
                    self.lost += 1
                    continue
                to = 1 - self.ends.index(end)
                due = time.monotonic() + self.delay + self.random.random() * self.jitter
                heapq.heappush(under_way, (due, number, to, packet))
                number += 1
            while under_way and under_way[0][0] <= time.monotonic():
                _, sent, to, packet = heapq.heappop(under_way)
                self.carried += 1
                self.overtaken += sent < last[to]
                last[to] = max(last[to], sent)
                try:
                    os.write(self.ends[to], packet)
                except OSError:
                    self.lost += 1


class Federation:
    def __init__(self, folder):
        self.folder, self.server = folder, None
        self.data = f"{folder}/coordinator"

    def inside(self, namespace, *words):
        return ["ip", "netns", "exec", namespace, *words]

    def coordinator(self, *words):
        out = call(*self.inside(COORDINATOR[0], f"{BIN}/tutti-coordinator", *words, "--json"))
        return json.loads(out)["data"]

    def start(self):
        pin = self.coordinator("init", self.data, "--name", COORDINATOR[1], "--listen", f"{COORDINATOR[1]}:8443")["ca_pin"]
        log = open(f"{self.folder}/coordinator.log", "w")
        self.server = subprocess.Popen(self.inside(COORDINATOR[0], f"{BIN}/tutti-coordinator", "serve", self.data), stdout=log, stderr=log)
        while not os.path.exists(f"{self.data}/run.json"):
            time.sleep(0.05)
        call(f"{BIN}/tutti-client", "partition", "--dataset", f"{TOP}/benchmarks/data/digits.csv", "--clients", "3", "--scheme", "dirichlet=0.5",
             "--holdout", "0.2", "--seed", "7", "--out", f"{self.folder}/data")
        for name in NAMES:
            token = self.coordinator("token", "create", "--data", self.data, "--name", name)["tokens"][0]["token"]
            call(*self.inside(CLIENTS[0], f"{BIN}/tutti-client", "join", f"https://{COORDINATOR[1]}:8443", "--token", token, "--ca-pin", pin,
                              "--data", f"{self.folder}/{name}"))

    def session(self, during):
        """Gives seconds, rounds, the model's digest, and how many rounds needed another attempt."""
        with open(f"{self.folder}/session.json", "w") as file:
            json.dump(SESSION, file)
        session = self.coordinator("session", "create", f"{self.folder}/session.json", "--data", self.data)["session_id"]
        began, nodes = time.monotonic(), []
        for name in NAMES:
            log = open(f"{self.folder}/{name}.log", "a")
            nodes.append(subprocess.Popen(
                self.inside(CLIENTS[0], f"{BIN}/tutti-client", "run", "--session", session, "--data", f"{self.folder}/{name}", "--dataset",
                            f"{self.folder}/data/{name}.csv", "--scale", "constant=16", "--classes", "10"), stdout=log, stderr=log))
        while True:
            status = self.coordinator("session", "show", session, "--data", self.data)
            if status["status"] in ("completed", "failed", "stopped"):
                break
            during(status["current_round"])
            time.sleep(0.1)
        for node in nodes:
            node.wait(120)
        return {"status": status["status"], "seconds": round(time.monotonic() - began, 2), "model_sha256": status["model_sha256"],
                "exit_codes": [node.returncode for node in nodes]}

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--loss", type=float, default=0.05, help="share of packets that are lost (0.05)")
    parser.add_argument("--delay-ms", type=float, default=10, help="every packet is under way at least so long (10)")
    parser.add_argument("--jitter-ms", type=float, default=30, help="and up to so much longer, each for itself (30)")
    parser.add_argument("--partitions", type=int, default=3, help="how often nothing gets through (3)")
    parser.add_argument("--partition-seconds", type=float, default=4, help="for how long (4)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="write the result to this file")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("error: this needs root (network namespaces, TUN devices).\n  Run it with sudo, or in a container that may.")
    folder = tempfile.mkdtemp(prefix="tutti-network-")
    federation = Federation(folder)
    try:
        for namespace, _ in (COORDINATOR, CLIENTS):
            call("ip", "netns", "add", namespace)
        ends = device(*COORDINATOR, CLIENTS[1]), device(*CLIENTS, COORDINATOR[1])
        network = Network(*ends, 0, 0, 0, options.seed)
        network.start()
        federation.start()
        good = federation.session(lambda _: None)
        print(f"without loss: {good['seconds']} s, model {good['model_sha256'][:12]}")
        network.loss, network.delay, network.jitter = options.loss, options.delay_ms / 1000, options.jitter_ms / 1000
        carried = network.carried
        parts = iter(range(2, 2 + 3 * options.partitions, 3))
        following = [next(parts, None)]

        def weather(current):
            if following[0] is not None and current >= following[0]:
                following[0] = next(parts, None)
                network.parted = True
                time.sleep(options.partition_seconds)
                network.parted = False

        bad = federation.session(weather)
        result = {
            "loss": options.loss, "delay_ms": options.delay_ms, "jitter_ms": options.jitter_ms, "partitions": options.partitions,
            "partition_seconds": options.partition_seconds, "without": good, "with": bad, "packets": network.carried - carried,
            "packets_lost": network.lost, "packets_overtaken": network.overtaken, "hash_equal": good["model_sha256"] == bad["model_sha256"],
        }
        print(f"with {options.loss:.0%} loss, {options.delay_ms:g} to {options.delay_ms + options.jitter_ms:g} ms and {options.partitions} partitions: "
              f"{bad['seconds']} s, {bad['status']}, {result['packets_lost']} packets lost, {result['packets_overtaken']} overtaken, "
              f"model {'the same' if result['hash_equal'] else 'ANOTHER'}")
        if options.json:
            with open(options.json, "w") as file:
                json.dump(result, file, indent=1)
        return 0 if result["hash_equal"] and bad["status"] == "completed" else 1
    finally:
        federation.stop()
        for namespace, _ in (COORDINATOR, CLIENTS):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
