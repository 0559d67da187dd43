"""Simulated annealing of dwave-samplers: what `tutti-bench run annealing` is set beside, repetition by repetition.

Its argument is a file: the number of spins, then a line `i j weight` for each coupling. Prints one line of JSON about itself. Then, for every
line on stdin, a seed, it anneals 32 reads of 1,000 sweeps with its default schedule and prints the seconds and the lowest energy, recomputed
from the couplings. Ends with stdin. One thread. Says on stderr what is not installed.
"""

import json
import sys
import time
from importlib.metadata import version

try:
    import dimod
    import numpy as np
    from dwave.samplers import SimulatedAnnealingSampler
except ImportError as missing:
    sys.exit(f"{missing.name} is not installed: pip install dwave-samplers")

READS, SWEEPS = 32, 1000


def main():
    with open(sys.argv[1]) as file:
        spins = int(file.readline())
        rows = [line.split() for line in file]
    first = np.array([int(row[0]) for row in rows])
    second = np.array([int(row[1]) for row in rows])
    weight = np.array([float(row[2]) for row in rows])
    model = dimod.BinaryQuadraticModel.from_numpy_vectors(np.zeros(spins), (first, second, weight), 0.0, dimod.SPIN)
    sampler = SimulatedAnnealingSampler()
    sampler.sample(model, num_reads=1, num_sweeps=10, seed=0)
    print(json.dumps({"dwave_samplers": version("dwave-samplers"), "reads": READS, "sweeps": SWEEPS}), flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        result = sampler.sample(model, num_reads=READS, num_sweeps=SWEEPS, seed=int(line))
        seconds = time.perf_counter() - begin
        best = result.first
        state = np.array([best.sample[spin] for spin in range(spins)])
        energy = float(np.sum(weight * state[first] * state[second]))
        assert abs(energy - best.energy) <= 1e-6 * abs(energy)
        print(json.dumps({"seconds": seconds, "energy": energy}), flush=True)


main()
