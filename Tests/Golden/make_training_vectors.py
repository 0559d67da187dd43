#!/usr/bin/env python3
"""Makes the golden vectors of learning-rate schedules: `learning/schedules.json`.

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python Tests/Golden/make_training_vectors.py

PyTorch's schedulers, one step a round; with a warm-up `LinearLR` comes first and `SequentialLR` changes over.
"""

import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler

OUT = pathlib.Path(__file__).parent / "learning"
# Stepping a scheduler without an optimiser's step, which is what is wanted here.
warnings.filterwarnings("ignore")


def factors(rounds, warm_up, make):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    if warm_up:
        first = lr_scheduler.LinearLR(optimiser, start_factor=1 / (warm_up + 1), end_factor=1.0, total_iters=warm_up)
        schedule = lr_scheduler.SequentialLR(optimiser, [first, make(optimiser, rounds - warm_up)], milestones=[warm_up])
    else:
        schedule = make(optimiser, rounds)
    out = []
    for _ in range(rounds):
        out.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return out


def schedules():
    kinds = [
        ({"kind": "constant"}, lambda o, n: lr_scheduler.ConstantLR(o, factor=1.0)),
        ({"kind": "step", "every": 4, "factor": 0.5}, lambda o, n: lr_scheduler.StepLR(o, 4, 0.5)),
        ({"kind": "exponential", "factor": 0.93}, lambda o, n: lr_scheduler.ExponentialLR(o, 0.93)),
        ({"kind": "cosine", "to": 0.0}, lambda o, n: lr_scheduler.CosineAnnealingLR(o, n, 0.0)),
        ({"kind": "cosine", "to": 0.1}, lambda o, n: lr_scheduler.CosineAnnealingLR(o, n, 0.1)),
    ]
    cases = []
    for schedule, make in kinds:
        for warm_up in [0, 3]:
            members = dict(schedule, warm_up_rounds=warm_up) if warm_up else schedule
            cases.append({"schedule": json.dumps(members), "rounds": 17, "factors": factors(17, warm_up, make)})
    with open(OUT / "schedules.json", "w") as f:
        json.dump({"torch": torch.__version__, "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    schedules()
