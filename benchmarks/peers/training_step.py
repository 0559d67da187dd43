"""Training steps in PyTorch: what `tutti-bench run step` is set beside, repetition by repetition.

Prints one line of JSON about itself: versions, and where NumPy's OpenBLAS lies, so that the suite can call it without
Python in between. Then, for every line on stdin that names a case, it runs that case for about a tenth of a second and
prints the seconds of one step. Ends with stdin. One thread.
"""

import ctypes
import glob
import json
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import torch
from torch import nn

BATCH, RATE, MOMENTUM = 32, 0.001, 0.9


def openblas():
    """The library NumPy's wheel carries, the name of its product, and the processor it chose its kernels for."""
    for path in glob.glob(os.path.join(os.path.dirname(np.__file__), "..", "numpy.libs", "lib*openblas*")):
        library = ctypes.CDLL(path)
        for product, core in (
            ("scipy_cblas_sgemm64_", "scipy_openblas_get_corename64_"),
            ("cblas_sgemm64_", "openblas_get_corename64_"),
        ):
            if hasattr(library, product) and hasattr(library, core):
                name = getattr(library, core)
                name.restype = ctypes.c_char_p
                return {"path": os.path.realpath(path), "sgemm": product, "core": name().decode()}
    return None


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 10)),
    )


def stepper(model, x, **options):
    labels = torch.arange(BATCH) % 10
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM, **options)
    loss = nn.CrossEntropyLoss()

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss(model(x), labels).backward()
        optimiser.step()

    return step


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    rows, images = torch.rand(BATCH, 784), torch.rand(BATCH, 1, 28, 28)
    last = torch.channels_last
    cases = {
        "mlp": stepper(mlp(), rows, fused=True),
        "mlp.unfused": stepper(mlp(), rows),
        "cnn": stepper(cnn(), images, fused=True),
        "cnn.channels_last": stepper(cnn().to(memory_format=last), images.to(memory_format=last), fused=True),
    }
    calls = {}
    for name, step in cases.items():
        for _ in range(5):
            step()
        start = time.perf_counter()
        step()
        calls[name] = max(1, int(0.1 / (time.perf_counter() - start)))
    about = {"torch": torch.__version__, "numpy": np.__version__, "openblas": openblas(), "cases": list(cases)}
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        name = line.strip()
        start = time.perf_counter()
        for _ in range(calls[name]):
            cases[name]()
        print((time.perf_counter() - start) / calls[name], flush=True)


main()
