#!/usr/bin/env python3
"""Makes `pngs.json`: PNG files of every colour type, depth and way of interlacing, with the pixels that a reader must find.

    python3 Tests/Golden/vision/make.py   (numpy, pillow)

One part is written here, from pixels that were drawn, by the specification and zlib; Pillow must read those as they were drawn wherever it keeps
eight bits of every sample. The other part is written by Pillow.
"""

import base64
import io
import json
import pathlib
import random
import struct
import zlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parent / "pngs.json"
chance = random.Random(7)
draw = np.random.default_rng(7)
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(row, depth):
    """A row of samples as bytes."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
    return np.packbits(bits).tobytes()


def filtered(kind, row, above, step):
    out = bytearray([kind])
    for i, value in enumerate(row):
        left, up, corner = (row[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
        guess = left + up - corner
        near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        out.append((value - [0, left, up, (left + up) // 2, near][kind]) & 255)
    return bytes(out)


def written(pixels, colour, depth, interlaced, palette=b"", transparency=None, pieces=1, level=9, strategy=0, extra=b""):
    height, width, samples = pixels.shape
    step = max(1, samples * depth // 8)
    data = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = pixels[y::dy, x::dx]
        if part.size == 0:
            continue
        above = bytes(len(packed(part[0].reshape(-1), depth)))
        for line in part:
            row = packed(line.reshape(-1), depth)
            data += filtered(chance.randrange(5), row, above, step)
            above = row
    squeeze = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
    data = squeeze.compress(data) + squeeze.flush()
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(pieces - 1))
    idat = b"".join(chunk(b"IDAT", data[a:b]) for a, b in zip([0] + cuts, cuts + [len(data)]))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)) + extra
        + (chunk(b"PLTE", palette) if palette else b"") + (chunk(b"tRNS", transparency) if transparency is not None else b"")
        + idat + chunk(b"IEND", b"")
    )


def eight(pixels, depth):
    """With eight bits: linear, rounded."""
    most = (1 << depth) - 1
    return ((pixels.astype(np.int64) * 255 * 2 + most) // (2 * most)).astype(np.uint8)


cases = []


def keep(name, file, samples):
    assert samples.dtype == np.uint8
    cases.append({
        "name": name, "png": base64.b64encode(file).decode(), "width": samples.shape[1], "height": samples.shape[0], "channels": samples.shape[2],
        "samples": base64.b64encode(samples.tobytes()).decode(),
    })


def by_pillow(file, channels):
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    read = np.asarray(Image.open(io.BytesIO(file)).convert(mode))
    return read.reshape(read.shape[0], read.shape[1], channels)


for colour, depths in DEPTHS.items():
    for depth in depths:
        for interlaced in (0, 1):
            for width, height in ((1, 1), (2, 3), (5, 9), (13, 11)):
                for clear in (False, True) if colour in (0, 2, 3) else (False,):
                    samples = SAMPLES[colour]
                    pixels = draw.integers(0, 1 << depth, (height, width, samples))
                    palette, transparency = b"", None
                    if colour == 3:
                        colours = draw.integers(0, 256, (1 << depth, 3)).astype(np.uint8)
                        opaque = draw.integers(0, 256, max(1, (1 << depth) // 2)).astype(np.uint8)
                        palette = colours.tobytes()
                        truth = colours[pixels[..., 0]]
                        if clear:
                            transparency = opaque.tobytes()
                            alpha = np.concatenate([opaque, np.full((1 << depth) - len(opaque), 255, np.uint8)])[pixels]
                            truth = np.concatenate([truth, alpha], axis=2)
                    else:
                        truth = eight(pixels, depth)
                        if clear:
                            key = pixels[0, 0]
                            transparency = b"".join(struct.pack(">H", int(v)) for v in key)
                            hidden = (pixels == key).all(axis=2, keepdims=True)
                            truth = np.concatenate([truth, np.where(hidden, 0, 255).astype(np.uint8)], axis=2)
                    file = written(
                        pixels, colour, depth, interlaced, palette, transparency, pieces=chance.choice([1, 1, 3]), level=chance.choice([0, 1, 9]),
                        strategy=chance.choice([0, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY]))
                    if depth <= 8 and not (clear and colour != 3):
                        assert (by_pillow(file, truth.shape[2]) == truth).all(), (colour, depth, interlaced, clear)
                    keep(f"type {colour} depth {depth} {'adam7 ' if interlaced else ''}{width}x{height}{' tRNS' if clear else ''}", file, truth)

# Longer than the window, with far matches; chunks that may be left out; a palette that is only suggested.
x, y = np.meshgrid(np.arange(300), np.arange(200))
smooth = np.stack([(x * 3 + y) % 256, (x ^ y) % 256, (x * y // 64) % 256], axis=2)
extra = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"tEXt", b"Comment\0hello") + chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))
for interlaced in (0, 1):
    file = written(smooth, 2, 8, interlaced, palette=bytes(range(48)), pieces=4, extra=extra)
    assert (by_pillow(file, 3) == smooth).all()
    small = smooth.astype(np.uint8)
    cases.append({
        "name": f"large{' adam7' if interlaced else ''}", "png": base64.b64encode(file).decode(), "width": 300, "height": 200, "channels": 3,
        "crc32": zlib.crc32(small.tobytes()),
    })

# Written by Pillow.
noise = draw.integers(0, 256, (21, 19, 4)).astype(np.uint8)
for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
    for optimize in (False, True):
        if mode == "I;16":
            deep = draw.integers(0, 65536, (21, 19)).astype(np.uint16)
            image, truth = Image.fromarray(deep), eight(deep[..., None], 16)
        else:
            image = Image.fromarray(noise, "RGBA").convert("RGB").convert(mode) if mode != "RGBA" else Image.fromarray(noise, "RGBA")
            flat = image.convert({"1": "L", "P": "RGB"}.get(mode, mode))
            truth = np.asarray(flat).reshape(21, 19, -1).astype(np.uint8)
        file = io.BytesIO()
        image.save(file, "PNG", optimize=optimize)
        keep(f"Pillow {mode}{' optimised' if optimize else ''}", file.getvalue(), truth)

# What is measured: luma by Pillow, the rest by NumPy.
measured = []
for name, pixels in (("noise", noise[..., :3]), ("smooth", smooth[::10, ::10].astype(np.uint8)), ("black", np.zeros((4, 5, 3), np.uint8))):
    luma = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L")).astype(np.int64)
    gx = luma[:-2, 2:] + 2 * luma[1:-1, 2:] + luma[2:, 2:] - luma[:-2, :-2] - 2 * luma[1:-1, :-2] - luma[2:, :-2]
    gy = luma[2:, :-2] + 2 * luma[2:, 1:-1] + luma[2:, 2:] - luma[:-2, :-2] - 2 * luma[:-2, 1:-1] - luma[:-2, 2:]
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    measured.append({
        "name": name, "png": base64.b64encode(file.getvalue()).decode(), "luma": base64.b64encode(luma.astype(np.uint8).tobytes()).decode(),
        "mean": float(luma.mean() / 255), "contrast": float(luma.std() / 255), "edges": float(np.hypot(gx, gy).__ge__(255).mean()),
    })

OUT.write_text(json.dumps({"cases": cases, "measured": measured}, indent=0) + "\n")
print(len(cases), "files,", OUT.stat().st_size, "bytes")
