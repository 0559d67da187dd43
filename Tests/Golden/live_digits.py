"""Sends digits that nobody trained on to a coordinator as PNGs, and says how many it tells. Needs nothing but Python.

    python3 Tests/Golden/live_digits.py --url https://127.0.0.1:8443 --data DATA --rows holdout.csv --model ID

`holdout.csv` is what `tutti-client partition --holdout` wrote: 64 numbers 0 to 16 and the digit. Each number becomes a square of pixels, by turns as
grey, as colours and with a palette, light on dark and dark on light, with the five filters of PNG. Prints one line of JSON; `told` is what the
coordinator says of itself, `expected_calibration_error` what comes of its confidences (15 bins, Guo et al. 2017)."""

import argparse, http.client, json, math, struct, zlib
from live_coordinator import SECONDS, Asked

BINS = 15


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filtered(lines, bytes_each, kind):
    """Lines of bytes as PNG's filter `kind` has them (PNG, third edition, 9.2)."""
    above, out = bytes(len(lines[0])), b""
    for line in lines:
        left = bytes(bytes_each) + line
        corner = bytes(bytes_each) + above
        guess = [lambda i: 0, lambda i: left[i], lambda i: above[i], lambda i: (left[i] + above[i]) // 2, lambda i: paeth(left[i], above[i], corner[i])][kind]
        out += bytes([kind]) + bytes((line[i] - guess(i)) & 255 for i in range(len(line)))
        above = line
    return out


def png(counts, number):
    """One of many pictures of the same digit, by its number."""
    side, colour, is_dark = 3 + number % 4, [0, 2, 3][number % 3], number % 2 == 1
    level = lambda count: (255 * count + 8) // 16
    shade = lambda count: 255 - level(count) if is_dark else level(count)
    pixel = {0: lambda c: bytes([shade(c)]), 2: lambda c: bytes([shade(c)] * 3), 3: lambda c: bytes([c])}[colour]
    lines = [b"".join(pixel(c) * side for c in counts[8 * y:8 * y + 8]) for y in range(8) for _ in range(side)]
    part = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    palette = part(b"PLTE", bytes(v for c in range(17) for v in [shade(c)] * 3)) if colour == 3 else b""
    head = part(b"IHDR", struct.pack(">IIBBBBB", 8 * side, 8 * side, 8, colour, 0, 0, 0))
    data = zlib.compress(filtered(lines, 3 if colour == 2 else 1, number % 5))
    return b"\x89PNG\r\n\x1a\n" + head + palette + part(b"IDAT", data) + part(b"IEND", b"")


def main():
    parser = argparse.ArgumentParser()
    for name in ["url", "data", "rows", "model"]:
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    coordinator = Asked(options.url, options.data)
    rows = [[int(float(v)) for v in line.split(",")] for line in open(options.rows) if line[0].isdigit()]
    connection = http.client.HTTPSConnection(options.url.removeprefix("https://"), context=coordinator.tls, timeout=SECONDS)
    line = "tutti-picture"
    headers = {"Authorization": "Bearer " + coordinator.key, "Content-Type": "multipart/form-data; boundary=" + line}
    field = lambda name, more, value: f'--{line}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
    right, bins, told, polarities = 0, [[0, 0.0, 0] for _ in range(BINS)], None, 0
    for number, row in enumerate(rows):
        picture = field("image", '; filename="digit.png"\r\nContent-Type: image/png', png(row[:64], number))
        connection.request(
            "POST", "/api/v2/ai/vision/classify", picture + field("model", "", options.model.encode()) + f"--{line}--\r\n".encode(), headers)
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise SystemExit(f"row {number}: {reply.status} {text[:500]}")
        seen = json.loads(text)
        best, told = seen["predictions"][0], {"sha256": seen["model_sha256"], "model": seen["model"], **seen["calibration"]}
        is_right = best["class_id"] == row[64]
        right += is_right
        polarities += seen["polarity"] == ("dark_on_light" if number % 2 else "light_on_dark")
        slot = bins[max(0, math.ceil(best["confidence"] * BINS) - 1)]
        slot[0], slot[1], slot[2] = slot[0] + 1, slot[1] + best["confidence"], slot[2] + is_right
    error = sum(abs(sure - good) for count, sure, good in bins) / len(rows)
    print(json.dumps({"data": {
        "rows": len(rows), "right": right, "accuracy": right / len(rows), "expected_calibration_error": error, "polarities": polarities, "told": told}}))


if __name__ == "__main__":
    main()
