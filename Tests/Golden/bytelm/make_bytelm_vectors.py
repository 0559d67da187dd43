#!/usr/bin/env python3
"""Small byte-level transformers as NumPy computes them, in Float64: makes tiny.safetensors and tiny.json (format 1: learned positions),
turned.safetensors and turned.json (format 2: rotary positions, embeddings of sequences) beside this file.

    python3 Tests/Golden/bytelm/make_bytelm_vectors.py

Written from the description in docs/explanation/bytelm.md and not from the Swift code. Gradients are central differences in Float64."""
import codecs, json, math, pathlib, struct
import numpy as np

HERE = pathlib.Path(__file__).parent
LAYERS, WIDTH, HEADS, HIDDEN, CONTEXT = 2, 8, 2, 16, 24
SYMBOLS, BOUNDARY = 257, 256
# Of the format that is being made; rows of a table of sequences, and the longest sequence.
ROTARY, LONGEST, ROWS = False, 1, 0


def layout():
    shapes = [("embedding.weight", (SYMBOLS, WIDTH))]
    if not ROTARY:
        shapes += [("positions.weight", (CONTEXT, WIDTH))]
    shapes += [(f"grams.{n}.weight", (ROWS, WIDTH)) for n in range(2, LONGEST + 1)]
    for i in range(LAYERS):
        b = f"blocks.{i}."
        shapes += [(b + "norm1.weight", (WIDTH,)), (b + "norm1.bias", (WIDTH,)), (b + "attention.qkv.weight", (3 * WIDTH, WIDTH)),
                   (b + "attention.out.weight", (WIDTH, WIDTH)), (b + "norm2.weight", (WIDTH,)), (b + "norm2.bias", (WIDTH,)),
                   (b + "feed.in.weight", (HIDDEN, WIDTH)), (b + "feed.out.weight", (WIDTH, HIDDEN))]
    return shapes + [("norm.weight", (WIDTH,)), ("norm.bias", (WIDTH,))]


def norm(x, gain, bias):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-5) * gain + bias


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gram_row(symbols, i, n):
    number = 0
    for j in range(i - n + 1, i + 1):
        number = number * SYMBOLS + (int(symbols[j]) if j >= 0 else BOUNDARY)
    return (number * 0x9E3779B97F4A7C15 % 2**64) >> (64 - (ROWS.bit_length() - 1))


def turn(x):
    """One head's queries or keys, [positions, size]: as complex numbers out of the two halves, times e^(i·position·frequency)."""
    half = x.shape[1] // 2
    angles = np.outer(np.arange(len(x)), 10000.0 ** (-2 * np.arange(half) / x.shape[1]))
    z = (x[:, :half] + 1j * x[:, half:]) * np.exp(1j * angles)
    return np.concatenate([z.real, z.imag], 1)


def forward(p, symbols):
    t = len(symbols)
    x = p["embedding.weight"][symbols]
    if not ROTARY:
        x = x + p["positions.weight"][:t]
    for n in range(2, LONGEST + 1):
        x = x + p[f"grams.{n}.weight"][[gram_row(symbols, i, n) for i in range(t)]]
    place = turn if ROTARY else lambda x: x
    size = WIDTH // HEADS
    unseen = np.triu(np.full((t, t), -np.inf), 1)
    for i in range(LAYERS):
        b = f"blocks.{i}."
        n = norm(x, p[b + "norm1.weight"], p[b + "norm1.bias"])
        q, k, v = np.split(n @ p[b + "attention.qkv.weight"].T, 3, axis=1)
        heads = []
        for h in range(HEADS):
            s = slice(h * size, (h + 1) * size)
            heads.append(softmax(place(q[:, s]) @ place(k[:, s]).T / math.sqrt(size) + unseen) @ v[:, s])
        x = x + np.concatenate(heads, 1) @ p[b + "attention.out.weight"].T
        n = norm(x, p[b + "norm2.weight"], p[b + "norm2.bias"])
        x = x + gelu(n @ p[b + "feed.in.weight"].T) @ p[b + "feed.out.weight"].T
    return norm(x, p["norm.weight"], p["norm.bias"]) @ p["embedding.weight"].T


def loss(p, windows):
    """Mean cross-entropy in nats of all but the first symbol of each window."""
    total, count = 0.0, 0
    for w in windows:
        probabilities = softmax(forward(p, w[:-1]))
        total -= np.log(probabilities[np.arange(len(w) - 1), w[1:]]).sum()
        count += len(w) - 1
    return total / count


def allowed(text, byte):
    try:
        codecs.getincrementaldecoder("utf-8")().decode(bytes(text) + bytes([byte]))
        return True
    except UnicodeDecodeError:
        return False


def greedy(p, prompt, count):
    out, margin = [], math.inf
    for _ in range(count):
        logits = forward(p, np.array([BOUNDARY] + list(prompt) + out))[-1]
        whole = bytes(out).decode("utf-8", "ignore").encode() == bytes(out)
        order = [s for s in np.argsort(-logits, kind="stable") if (whole if s == BOUNDARY else allowed(out, int(s)))]
        margin = min(margin, logits[order[0]] - logits[order[1]])
        if order[0] == BOUNDARY:
            break
        out.append(int(order[0]))
    return out, margin


def make(name, card, seed):
    rng = np.random.default_rng(seed)
    weights = {n: (rng.normal(0, 0.6, s) if len(s) == 2 else (1.0 if n.endswith("weight") else 0.0) + rng.normal(0, 0.1, s)).astype(np.float32) for n, s in layout()}
    p = {n: w.astype(np.float64) for n, w in weights.items()}

    header, data = {"__metadata__": {"tutti_byte_language": json.dumps(card)}}, b""
    for tensor in sorted(weights):
        raw = weights[tensor].tobytes()
        header[tensor] = {"dtype": "F32", "shape": list(weights[tensor].shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (HERE / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

    windows = [np.array([BOUNDARY] + list("Die Brücke i".encode())), np.array([BOUNDARY] + list(b"of matches.") + [BOUNDARY, 84])]
    windows = [w[:13] for w in windows]
    gradients = {}
    for tensor, w in p.items():
        flat = w.reshape(-1)
        places = sorted(set(int(i) for i in rng.integers(0, flat.size, 12)))
        if tensor == "embedding.weight":
            places = sorted(set(places + [BOUNDARY * WIDTH + 3, ord("e") * WIDTH + 1, 0]))
        if tensor.startswith("grams."):
            n = int(tensor.split(".")[1])
            places = sorted(set(places + [gram_row(window, i, n) * WIDTH + i % WIDTH for window in windows for i in (0, 1, 5, 9)]))
        found = []
        for i in places:
            kept, step = flat[i], 1e-5
            flat[i] = kept + step
            up = loss(p, windows)
            flat[i] = kept - step
            down = loss(p, windows)
            flat[i] = kept
            found.append([i, (up - down) / (2 * step)])
        gradients[tensor] = found

    prompt = list(b"The bridge")
    continued, margin = greedy(p, prompt, 13)
    assert margin > 1e-3, margin
    logits = forward(p, np.array([BOUNDARY] + prompt))[-1]
    json.dump({"windows": [w.tolist() for w in windows], "loss": loss(p, windows), "gradients": gradients, "prompt": prompt, "greedy": continued,
               "logits": [round(float(x), 9) for x in logits]}, open(HERE / f"{name}.json", "w"), indent=None)
    print(loss(p, windows), continued, margin)


SHAPE = {"layers": LAYERS, "width": WIDTH, "heads": HEADS, "hidden": HIDDEN, "context": CONTEXT}
make("tiny", {"format": 1, "kind": "byte_transformer", **SHAPE}, 20250922)
ROTARY, LONGEST, ROWS = True, 4, 64
make("turned", {"format": 2, "kind": "byte_transformer", **SHAPE, "positions": "rotary", "longest_gram": LONGEST, "gram_rows": ROWS}, 20250923)
