#!/usr/bin/env python3
"""Makes the golden vectors of the Learning tests: `learning/pytorch.json`, `learning/cnn.json`, `learning/xoshiro.json`,
`learning/*.safetensors` and what is in them, `learning/safetensors.json`.

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python Tests/Golden/make_pytorch_vectors.py

All inputs are exact in Float32; PyTorch computes in float64, so that the expected values carry no rounding of their
own and the tests' tolerance is that of the code under test. The output does not change from run to run.
"""

import json
import pathlib

import numpy as np
import safetensors
import safetensors.numpy
import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).parent / "learning"


def network(layers):
    modules = []
    for i, (inputs, outputs) in enumerate(zip(layers, layers[1:])):
        if i > 0:
            modules.append(torch.nn.ReLU())
        modules.append(torch.nn.Linear(inputs, outputs, dtype=torch.float64))
    return torch.nn.Sequential(*modules)


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors]).tolist()


def convolutional(image, convolutions, layers):
    modules, (channels, height, width) = [], image
    for out, kernel, pool in convolutions:
        modules += [torch.nn.Conv2d(channels, out, kernel, padding=kernel // 2, dtype=torch.float64), torch.nn.ReLU()]
        if pool > 1:
            modules.append(torch.nn.MaxPool2d(pool))
        channels, height, width = out, height // pool, width // pool
    return torch.nn.Sequential(
        torch.nn.Unflatten(1, image), *modules, torch.nn.Flatten(), *network([channels * height * width] + layers[1:])
    )


def case(name, kind, layers, rows, seed, learning_rate, momentum, weight_decay, steps, image=None, convolutions=()):
    random = np.random.default_rng(seed)
    model = convolutional(image, convolutions, layers) if image else network(layers)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.from_numpy(random.normal(0, 0.5, p.shape).astype(np.float32).astype(np.float64)))
    x = random.normal(0, 1, (rows, layers[0])).astype(np.float32).astype(np.float64)
    y = random.integers(0, layers[-1], rows)
    parameters = list(model.parameters())
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    start = flat(parameters)
    logits = model(inputs)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    gradient = flat([p.grad for p in parameters])
    optimiser = torch.optim.SGD(parameters, lr=learning_rate, momentum=momentum, weight_decay=weight_decay)
    losses, after = [], []
    for _ in range(steps):
        optimiser.zero_grad()
        step_loss = F.cross_entropy(model(inputs), labels)
        step_loss.backward()
        optimiser.step()
        losses.append(step_loss.item())
        after.append(flat(parameters))
    return {
        "name": name, "kind": kind, "layers": layers, "rows": rows,
        "features": x.reshape(-1).tolist(), "labels": y.tolist(), "parameters": start,
        "probabilities": F.softmax(logits, dim=1).detach().reshape(-1).tolist(),
        "correct": int((logits.argmax(dim=1) == labels).sum()),
        "loss": loss.item(), "gradient": gradient,
        "learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay,
        "losses": losses, "after_first_step": after[0], "after_last_step": after[-1],
        **({"image": image, "convolutions": convolutions} if image else {}),
    }


def pytorch():
    cases = [
        case("softmax regression", "softmax_regression", [5, 3], 7, 1, 0.1, 0.0, 0.0, 4),
        case("softmax regression with momentum and decay", "softmax_regression", [9, 10], 17, 2, 0.05, 0.9, 0.01, 5),
        case("one hidden layer", "mlp", [6, 19, 4], 13, 3, 0.05, 0.9, 0.001, 6),
        case("two hidden layers, one row", "mlp", [4, 7, 5, 2], 1, 4, 0.2, 0.5, 0.0, 4),
        case("two hidden layers", "mlp", [8, 12, 9, 5], 33, 5, 0.1, 0.9, 0.05, 6),
    ]
    with open(OUT / "pytorch.json", "w") as f:
        json.dump({"torch": torch.__version__, "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


def cnn():
    cases = [
        case("one convolution", "cnn", [30, 4], 5, 11, 0.05, 0.9, 0.01, 4, [1, 6, 5], [[3, 3, 1]]),
        case("pooling that leaves a column out", "cnn", [2 * 6 * 7, 3], 4, 12, 0.05, 0.9, 0.0, 4, [2, 6, 7], [[4, 3, 2]]),
        case(
            "two convolutions and a hidden layer", "cnn", [64, 9, 5], 7, 13, 0.02, 0.9, 0.001, 4,
            [1, 8, 8], [[5, 5, 2], [6, 3, 2]],
        ),
        case(
            "three channels, a window larger than the image", "cnn", [3 * 4 * 3, 2], 3, 14, 0.05, 0.0, 0.0, 3,
            [3, 4, 3], [[4, 5, 1], [3, 1, 1], [2, 3, 3]],
        ),
    ]
    with open(OUT / "cnn.json", "w") as f:
        json.dump({"torch": torch.__version__, "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


def model_file():
    """The file of a small model, as safetensors.numpy writes it."""
    random = np.random.default_rng(6)
    tensors = {
        "layers.0.weight": random.normal(0, 1, (4, 3)).astype(np.float32),
        "layers.0.bias": np.array([0.0, -0.0, 1e-45, 3.4028235e38], dtype=np.float32),
        "layers.1.weight": random.normal(0, 1, (2, 4)).astype(np.float32),
        "layers.1.bias": random.normal(0, 1, 2).astype(np.float32),
    }
    card = (
        '{"format":1,"model":{"kind":"mlp","layers":[3,4,2]},"schema":{"inputs":3,"outputs":2,"task":"classification",'
        '"scale":{"kind":"constant","constant":16.0},"labels":["na\u00efve \\"quoted\\"","back\\\\slash\\ttab"]}}'
    )
    data = safetensors.numpy.save(tensors, metadata={"tutti": card})
    (OUT / "model.safetensors").write_bytes(data)
    bits = {name: value.view(np.uint32).reshape(-1).tolist() for name, value in tensors.items()}
    # Twelve layers: names sort as text, so layers.10 stands before layers.2.
    deep = {}
    for i in range(12):
        deep[f"layers.{i}.weight"] = np.full((2, 2), i, dtype=np.float32)
        deep[f"layers.{i}.bias"] = np.full(2, i + 0.5, dtype=np.float32)
    (OUT / "deep.safetensors").write_bytes(safetensors.numpy.save(deep))
    mixed = {
        "a_bool": np.array([True, False, True]),
        "b_u8": np.arange(5, dtype=np.uint8),
        "c_i64": np.array([[1, -2], [3, -4]], dtype=np.int64),
        "d_f16": np.array([1.5, -2.5], dtype=np.float16),
        "e_f64": np.array(2.718281828459045, dtype=np.float64),
        "f_empty": np.zeros((0, 3), dtype=np.float32),
        "g_f32 \u00fc": np.array([[0.5, -0.25]], dtype=np.float32),
        "h_i32": np.array([7], dtype=np.int32),
    }
    (OUT / "mixed.safetensors").write_bytes(safetensors.numpy.save(mixed, metadata={"round": "3"}))
    with open(OUT / "safetensors.json", "w") as f:
        json.dump({"safetensors": safetensors.__version__, "card": card, "bits": bits}, f, separators=(",", ":"))
        f.write("\n")


def xoshiro():
    """xoshiro256++ seeded through splitmix64, after the authors' C code (https://prng.di.unimi.it)."""
    mask = (1 << 64) - 1

    def rotate(x, k):
        return ((x << k) | (x >> (64 - k))) & mask

    def generate(s, count):
        out = []
        for _ in range(count):
            out.append((rotate((s[0] + s[3]) & mask, 23) + s[0]) & mask)
            t = (s[1] << 17) & mask
            s[2] ^= s[0]
            s[3] ^= s[1]
            s[1] ^= s[2]
            s[0] ^= s[3]
            s[2] ^= t
            s[3] = rotate(s[3], 45)
        return out

    def splitmix(seed):
        state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & mask
            z = seed
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
            state.append(z ^ (z >> 31))
        return state

    # The first of these is the vector of the Rust crate rand_xoshiro, made with the authors' code.
    assert generate([1, 2, 3, 4], 4) == [41943041, 58720359, 3588806011781223, 3591011842654386]
    seeds = [0, 1, 42, mask]
    streams = [{"seed": str(s), "first": [str(v) for v in generate(splitmix(s), 8)]} for s in seeds]
    with open(OUT / "xoshiro.json", "w") as f:
        json.dump(streams, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(0)
    pytorch()
    cnn()
    model_file()
    xoshiro()
