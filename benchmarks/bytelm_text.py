#!/usr/bin/env python3
"""Two translations of the Bible out of Debian packages, as folders of text for the clients of a federation.

Usage: benchmarks/bytelm_text.py OUT [--clients 4] [--root /]

Packages: bible-kjv and bible-kjv-text (King James Version: its copyright has expired) and sword-text-web (World English Bible: public domain).
Installed, or without installing anything, in a folder for `--root`:

    apt-get download bible-kjv bible-kjv-text sword-text-web; for p in *.deb; do dpkg -x $p root; done

Every line is a verse behind its place, as `bible -f` prints it. OUT gets `client-1/` to `client-N/`, each with the books whose number is
theirs modulo N in either translation, one file a book, and `held-out/`: every sixteenth book of the canon from the ninth on (1 Samuel,
Lamentations, Mark, Philemon), of both translations, so that none is known in other words. The same packages give the same bytes; the
SHA-256 of every folder's text is printed.
"""

import argparse
import hashlib
import os
import pathlib
import re
import struct
import subprocess
import zlib

CANON = (
    "Gen Exod Lev Num Deut Josh Judg Ruth 1Sam 2Sam 1Kgs 2Kgs 1Chr 2Chr Ezra Neh Esth Job Ps Prov Eccl Song Isa Jer Lam Ezek Dan Hos Joel Amos Obad "
    "Jonah Mic Nah Hab Zeph Hag Zech Mal Matt Mark Luke John Acts Rom 1Cor 2Cor Gal Eph Phil Col 1Thess 2Thess 1Tim 2Tim Titus Phlm Heb Jas 1Pet 2Pet "
    "1John 2John 3John Jude Rev").split()
HELD_OUT = set(CANON[8::16])


def king_james(root):
    """(book, text) in the order of the canon."""
    program = root / "usr/bin/bible"
    lines = subprocess.run(
        [program, "-f", "-p", str(root / "usr/lib")], input=b"gen1:1-rev22:21\n", capture_output=True, check=True
    ).stdout.splitlines(keepends=True)
    # The first verse is printed twice, before the prompt and behind it.
    start = next(i for i, line in enumerate(lines) if b"gen1:1-rev22:21" in line or b"]>" in line)
    books, names = [], []
    for line in lines[start + 1:]:
        verse = re.match(rb"(\d?[A-Za-z]+)\d+:\d+ ", line)
        if not verse:
            continue
        if not names or names[-1] != verse[1]:
            names.append(verse[1])
            books.append([])
        books[-1].append(line)
    assert len(books) == len(CANON), names
    return [(name, b"".join(lines)) for name, lines in zip(CANON, books)]


def world_english(root):
    """(book, text) in the order of the package; the books of the Apocrypha have names that are not in the canon. The module's index has
    an entry for the heading of each chapter and one for each of its verses, in order: which block, where in it, how long."""
    folder = root / "usr/share/sword/modules/texts/ztext/engWEB2015eb"
    for part in ("ot", "nt"):
        blocks, entries, data = ((folder / f"{part}.{ending}").read_bytes() for ending in ("bzs", "bzv", "bzz"))
        plain = []
        for offset, size, _ in struct.iter_unpack("<III", blocks):
            plain.append(zlib.decompress(data[offset:offset + size]) if size else b"")
        books, place = {}, None
        for block, start, size in struct.iter_unpack("<IIH", entries):
            osis = plain[block][start:start + size].decode() if size else ""
            if heading := re.search(r'<chapter [^>]*osisID="(\w+)\.(\w+)"', osis):
                place, number = heading.groups(), 0
                continue
            if place is None:
                continue
            number += 1
            # What stands behind the end of a book is a glossary; footnotes stand between two words.
            osis = re.split(r'<div [^>]*(?:type="book"[^>]*eID|eID[^>]*type="book"|type="glossary")', osis)[0]
            osis = re.sub(r"<(note|title)\b[^>]*?(?<!/)>.*?</\1>", " ", osis, flags=re.S)
            text = " ".join(re.sub(r"<(/?)(\w+)[^>]*>", lambda tag: "" if tag[2] in ("w", "q", "transChange") else " ", osis).split())
            text = re.sub(r" (?=[,.;:?!)])", "", text)
            if text:
                books.setdefault(place[0], []).append(f"{place[0]}{place[1]}:{number} {text}\n")
        for book, lines in books.items():
            yield book, "".join(lines).encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("/"))
    options = parser.parse_args()
    texts = {}
    for translation, books in (("kjv", king_james(options.root)), ("web", world_english(options.root))):
        for number, (book, text) in enumerate(books):
            folder = "held-out" if book in HELD_OUT else f"client-{number % options.clients + 1}"
            texts.setdefault(folder, []).append((f"{translation}-{number + 1:02}-{book}.txt", text))
    for folder in sorted(texts):
        os.makedirs(options.out / folder, exist_ok=True)
        digest = hashlib.sha256()
        for name, text in texts[folder]:
            (options.out / folder / name).write_bytes(text)
            digest.update(text)
        print(f"{folder}: {len(texts[folder])} files, {sum(len(text) for _, text in texts[folder])} bytes, sha256 {digest.hexdigest()}")


if __name__ == "__main__":
    main()
