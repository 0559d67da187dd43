#!/usr/bin/env python3
"""A byte language model's file, read and computed with NumPy alone, in Float64.

Usage: benchmarks/peers/bytelm_numpy.py MODEL PROMPT_HEX COUNT

One JSON object: the greedy continuation of the prompt by COUNT bytes, its whole characters, as hexadecimal digits, the smallest difference of the logits of the
byte that was taken and of the next best, and the bits per byte of the prompt itself. Written from docs/explanation/bytelm.md."""
import json
import struct
import sys

import numpy as np

BOUNDARY = 256


def read(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    about = header.pop("__metadata__")
    # A file of the room itself, or the model of a session.
    card = json.loads(about["tutti_byte_language"]) if "tutti_byte_language" in about else json.loads(about["tutti"])["model"]["transformer"]
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[8 + size + start:8 + size + end], "<f4").astype(np.float64).reshape(entry["shape"])
    return card, tensors


def norm(x, gain, bias):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + 1e-5) * gain + bias


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def turn(x):
    half = x.shape[1] // 2
    z = (x[:, :half] + 1j * x[:, half:]) * np.exp(1j * np.outer(np.arange(len(x)), 10000.0 ** (-2 * np.arange(half) / x.shape[1])))
    return np.concatenate([z.real, z.imag], 1)


def forward(card, p, text):
    """The logits after the boundary and after each byte of the text."""
    symbols = [BOUNDARY] + list(text)
    t, heads, rotary = len(symbols), card["heads"], card.get("positions", "learned") == "rotary"
    x = p["embedding.weight"][symbols]
    if not rotary:
        x = x + p["positions.weight"][:t]
    for n in range(2, card.get("longest_gram", 1) + 1):
        rows = []
        for i in range(t):
            number = 0
            for j in range(i - n + 1, i + 1):
                number = number * 257 + (symbols[j] if j >= 0 else BOUNDARY)
            rows.append((number * 0x9E3779B97F4A7C15 % 2**64) >> (64 - (card["gram_rows"].bit_length() - 1)))
        x = x + p[f"grams.{n}.weight"][rows]
    place = turn if rotary else lambda x: x
    unseen = np.triu(np.full((t, t), -np.inf), 1)
    for i in range(card["layers"]):
        b = f"blocks.{i}."
        q, k, v = np.split(norm(x, p[b + "norm1.weight"], p[b + "norm1.bias"]) @ p[b + "attention.qkv.weight"].T, 3, axis=1)
        mixed = [
            softmax(place(a) @ place(c).T / np.sqrt(a.shape[1]) + unseen) @ d
            for a, c, d in zip(np.split(q, heads, 1), np.split(k, heads, 1), np.split(v, heads, 1))]
        x = x + np.concatenate(mixed, 1) @ p[b + "attention.out.weight"].T
        x = x + gelu(norm(x, p[b + "norm2.weight"], p[b + "norm2.bias"]) @ p[b + "feed.in.weight"].T) @ p[b + "feed.out.weight"].T
    return norm(x, p["norm.weight"], p["norm.bias"]) @ p["embedding.weight"].T


def is_text(data):
    """UTF-8, or the beginning of it."""
    try:
        data.decode()
        return True
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"


def main():
    (card, p), prompt, count = read(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
    logits = forward(card, p, prompt)[:-1]
    bits = -np.log2(softmax(logits)[np.arange(len(prompt)), list(prompt)]).mean()
    out, margin = b"", np.inf
    while len(out) < count:
        logits = forward(card, p, prompt + out)[-1]
        able = [s for s in range(257) if (is_text(out + bytes([s])) if s < 256 else out.decode("utf-8", "ignore").encode() == out)]
        order = sorted(able, key=lambda s: (-logits[s], s))
        margin = min(margin, logits[order[0]] - logits[order[1]])
        if order[0] == BOUNDARY:
            break
        out += bytes([order[0]])
    # A character that COUNT has cut is not given out.
    out = out.decode("utf-8", "ignore").encode()
    print(json.dumps({"greedy": out.hex(), "margin": float(margin), "bits_per_byte": float(bits)}))


if __name__ == "__main__":
    main()
