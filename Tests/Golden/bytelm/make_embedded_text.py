#!/usr/bin/env python3
"""Writes Sources/ModelServing/Language/Generated/DocumentationText.swift: documents of this repository as one text, from which the built-in
n-gram model is trained. Run it from the root; a later text of the documents does not make the model wrong, only older."""
import pathlib, re

NAMES = ["tutorial.md", "jobs.md", "webhooks.md", "console.md", "key-vault.md", "operations.md", "telemetry.md", "explanation/threat-model.md",
         "explanation/robustness.md", "explanation/annealing.md", "glossary.md"]
text = ""
for name in NAMES:
    part = pathlib.Path("docs", name).read_text()
    part = re.sub(r"```.*?```\n?", "", part, flags=re.S)
    part = "\n".join(l for l in part.split("\n") if not l.startswith(("|", "    ", "\t")))
    part = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", part).replace("`", "").replace("**", "")
    text += re.sub(r"\n{3,}", "\n\n", part).strip() + "\n\n"
lines = []
for line in text.split("\n"):
    # A line break in the source that is none in the text.
    while len(line) > 140:
        at = line.rfind(" ", 0, 140) + 1 or 140
        lines.append(line[:at] + "\\##")
        line = line[at:]
    lines.append(line.rstrip() if not line.strip() else line)
body = "\n".join(("        " + l) if l else "" for l in lines)
pathlib.Path("Sources/ModelServing/Language/Generated/DocumentationText.swift").write_text(
    "// Made by Tests/Golden/bytelm/make_embedded_text.py.\n\n/// What this repository says of itself, as one text.\nenum DocumentationText {\n"
    '    static let text = ##"""\n' + body + '\n        """##\n}\n')
print(len(text.encode()))
