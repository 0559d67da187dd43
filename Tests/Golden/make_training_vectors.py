#!/usr/bin/env python3
"""Makes the golden vectors of training: `learning/schedules.json`, `learning/adam.json` and `learning/regression.json`.

    python3 -m venv venv && venv/bin/pip install torch numpy scikit-learn
    venv/bin/python Tests/Golden/make_training_vectors.py

Schedules: PyTorch's, one step a round; with a warm-up `LinearLR` comes first and `SequentialLR` changes over.
Adam and regression: all inputs are exact in Float32, PyTorch and scikit-learn compute in float64. The diabetes data are
those of Efron et al. 2004 ("Least Angle Regression") as scikit-learn ships them.
"""

import json
import pathlib
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error
from torch.optim import lr_scheduler

from make_pytorch_vectors import flat, network

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
    write("schedules.json", {"torch": torch.__version__, "cases": cases})


def exact(values):
    """Rounded to Float32, held in float64."""
    return np.asarray(values).astype(np.float32).astype(np.float64)


def trajectory(kind, layers, rows, seed, steps, make):
    """A model, its rows, and its parameters after the first and the last step with the whole batch."""
    random = np.random.default_rng(seed)
    model = network(layers)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.from_numpy(exact(random.normal(0, 0.5, p.shape))))
    x = exact(random.normal(0, 1, (rows, layers[0])))
    if kind == "linear":
        y = exact(x @ random.normal(0, 2, layers[0]) + 3 + random.normal(0, 0.5, rows))
    else:
        y = random.integers(0, layers[-1], rows)
    inputs, truth = torch.from_numpy(x), torch.from_numpy(y)

    def loss():
        outputs = model(inputs)
        return F.mse_loss(outputs[:, 0], truth) if kind == "linear" else F.cross_entropy(outputs, truth)

    parameters = list(model.parameters())
    out = {
        "kind": kind, "layers": layers, "features": x.reshape(-1).tolist(), "parameters": flat(parameters),
        "outputs": model(inputs).detach().reshape(-1).tolist(),
        ("targets" if kind == "linear" else "labels"): y.tolist(),
    }
    optimiser, losses, after = make(parameters), [], []
    for step in range(steps):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        if step == 0:
            out["gradient"] = flat([p.grad for p in parameters])
        optimiser.step()
        losses.append(value.item())
        after.append(flat(parameters))
    return {**out, "losses": losses, "after_first_step": after[0], "after_last_step": after[-1]}


def adam():
    cases = []
    for kind, layers, rows, seed, steps, lr, betas, epsilon, decay in [
        ("softmax_regression", [7, 4], 19, 21, 30, 0.01, (0.9, 0.999), 1e-8, 0.0),
        ("mlp", [6, 13, 5], 23, 22, 30, 0.003, (0.9, 0.999), 1e-8, 0.0),
        ("mlp", [5, 9, 8, 3], 17, 23, 20, 0.02, (0.8, 0.95), 1e-3, 0.01),
        ("linear", [8, 1], 31, 24, 30, 0.05, (0.9, 0.999), 1e-8, 0.1),
    ]:
        made = trajectory(
            kind, layers, rows, seed, steps,
            lambda p: torch.optim.Adam(p, lr=lr, betas=betas, eps=epsilon, weight_decay=decay),
        )
        cases.append({
            **made, "learning_rate": lr, "beta1": betas[0], "beta2": betas[1], "epsilon": epsilon, "weight_decay": decay,
        })
    write("adam.json", {"torch": torch.__version__, "cases": cases})


def regression():
    cases = []
    for layers, rows, seed, lr, momentum, decay in [
        ([3, 1], 7, 31, 0.05, 0.0, 0.0), ([13, 1], 29, 32, 0.02, 0.9, 0.01), ([1, 1], 1, 33, 0.1, 0.5, 0.0),
    ]:
        made = trajectory(
            "linear", layers, rows, seed, 6, lambda p: torch.optim.SGD(p, lr=lr, momentum=momentum, weight_decay=decay)
        )
        cases.append({**made, "learning_rate": lr, "momentum": momentum, "weight_decay": decay})
    random = np.random.default_rng(34)
    metrics = []
    for rows, noise, offset in [(200, 0.5, 0.0), (50, 5.0, 1000.0), (2, 0.1, -3.0), (300, 30.0, 1e6)]:
        truth = exact(random.normal(0, 4, rows) + offset)
        said = exact(truth + random.normal(0, noise, rows))
        metrics.append({
            "targets": truth.tolist(), "predictions": said.tolist(), "mse": mean_squared_error(truth, said),
            "rmse": root_mean_squared_error(truth, said), "mae": mean_absolute_error(truth, said), "r2": r2_score(truth, said),
        })
    x, y = load_diabetes(return_X_y=True, scaled=False)
    x = exact(x)
    standard = (x - x.mean(0)) / x.std(0)
    fitted = LinearRegression().fit(standard, y)
    diabetes = {
        # Ten columns and the target, as in a CSV file.
        "rows": [[float(f"{value:.7g}") for value in row] + [target] for row, target in zip(x, y)],
        "coefficients": fitted.coef_.tolist(), "intercept": float(fitted.intercept_), "r2": fitted.score(standard, y),
    }
    write("regression.json", {"torch": torch.__version__, "cases": cases, "metrics": metrics, "diabetes": diabetes})


def write(name, content):
    with open(OUT / name, "w") as f:
        json.dump(content, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    schedules()
    adam()
    regression()
