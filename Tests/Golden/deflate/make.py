#!/usr/bin/env python3
"""Makes `streams.json`: what zlib writes at every level and with every strategy, raw, with its header, and in pieces.

    python3 Tests/Golden/deflate/make.py

Long contents are told by how they are made (`Golden.swift` makes the same) and by their CRC-32.
"""

import base64
import json
import pathlib
import zlib

OUT = pathlib.Path(__file__).parent / "streams.json"


def numbers(seed, count, bound):
    """The upper bits of a linear congruential generator (Knuth's MMIX)."""
    out, state = bytearray(), seed
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append((state >> 56) % bound)
    return bytes(out)


PLAIN = {
    "nothing": b"",
    "byte": b"a",
    "run": b"a" * 1000,
    "text": b"It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. " * 3,
    "letters": numbers(1, 700, 20),
    "noise": numbers(2, 300, 256),
    # Back by a whole window, and longer than what a reader holds.
    "far": numbers(3, 200, 256) + b"\0" * 32_568 + numbers(3, 200, 256),
    "long": b"\x07" * 400_000,
}
STRATEGIES = {
    "default": zlib.Z_DEFAULT_STRATEGY, "filtered": zlib.Z_FILTERED, "huffman": zlib.Z_HUFFMAN_ONLY, "rle": zlib.Z_RLE, "fixed": zlib.Z_FIXED,
}


def packed(data, level, strategy, bits, flush=None):
    make = zlib.compressobj(level, zlib.DEFLATED, bits, 8, strategy)
    if flush is None:
        return make.compress(data) + make.flush()
    half = len(data) // 2
    return make.compress(data[:half]) + make.flush(flush) + make.compress(data[half:]) + make.flush()


cases = []


def add(plain, name, data, zlib_header):
    if len(data) > 1200:
        return
    case = {"plain": plain, "name": f"{plain} {name}", "bytes": base64.b64encode(data).decode(), "zlib": zlib_header}
    if not any(c["bytes"] == case["bytes"] for c in cases):
        cases.append(case)


for plain, data in PLAIN.items():
    for level in range(10):
        for name, strategy in STRATEGIES.items():
            add(plain, f"level {level} {name}", packed(data, level, strategy, -15), False)
    for level in (0, 1, 6, 9):
        add(plain, f"zlib level {level}", packed(data, level, zlib.Z_DEFAULT_STRATEGY, 15), True)
    for name, flush in (("sync", zlib.Z_SYNC_FLUSH), ("full", zlib.Z_FULL_FLUSH), ("partial", zlib.Z_PARTIAL_FLUSH)):
        add(plain, f"{name} flush", packed(data, 6, zlib.Z_DEFAULT_STRATEGY, -15, flush), False)
    # A window of 512 bytes.
    add(plain, "small window", packed(data, 9, zlib.Z_DEFAULT_STRATEGY, 9), True)

for case in cases:
    back = zlib.decompress(base64.b64decode(case["bytes"]), 15 if case["zlib"] else -15)
    assert back == PLAIN[case["plain"]]

plains = {name: {"bytes": len(data), "crc32": zlib.crc32(data), "adler32": zlib.adler32(data)} for name, data in PLAIN.items()}
OUT.write_text(json.dumps({"plains": plains, "cases": cases}, indent=0) + "\n")
print(len(cases), "streams,", OUT.stat().st_size, "bytes")
