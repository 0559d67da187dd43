#!/usr/bin/env python3
"""Reads the four documents of the interfaces (Markdown) and writes every example in them as JSON, one file a family.

    extract.py FOLDER

FOLDER has the documents. Beside this script it writes enterprise.json, aisemble.json, truststream.json and phi.json:

    base        under which the paths stand
    examples    each call as written: origin (reference or curl), method, path (below base), query (name to text), choices (what the
                document says of a parameter), headers, request {type, body} and reply {type, body}; null where the document has none
    errors      bodies of refusals
    events      bodies that webhooks send
    headers     header lines outside of calls

What is no call, no body and no header (installation, SDK code) is counted and left out; a block that is none of these ends the script."""
import json
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

FAMILIES = {
    "enterprise": ("enterprise-ai-api-*.md", "/api/v1"),
    "aisemble": ("ai-semble-api-*.md", "/api/v2"),
    "truststream": ("truststram-api-*.md", "/api/v4"),
    "phi": ("phi-engine-api-*.md", "/v1"),
}
CALL = re.compile(r"^(GET|POST|PUT|PATCH|DELETE) (/\S+)$")
HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*): (?!https?://)(.+)$")
CODE = {"python", "javascript", "php", "typescript", "swift", "yaml", "go"}
JSON_TYPE = "application/json"
REFUSALS = re.compile(r"error|quota", re.IGNORECASE)


class Document:
    def __init__(self, base):
        self.base = base
        self.found = {"base": base, "examples": [], "errors": [], "events": [], "headers": []}
        self.example = None
        self.code = 0

    def call(self, method, target, origin="reference"):
        parts = urlsplit(target)
        path = parts.path
        if path.startswith(self.base + "/"):
            path = path[len(self.base):]
        elif origin == "curl" and self.base.startswith("/api/") and path.startswith(self.base[4:] + "/"):
            path = path[len(self.base) - 4:]  # the snippets leave /api out
        self.example = {
            "origin": origin, "method": method, "path": path, "query": dict(parse_qsl(parts.query)), "choices": {}, "headers": {},
            "request": None, "reply": None,
        }
        self.found["examples"].append(self.example)

    def block(self, language, lines, label, heading):
        text = "\n".join(lines).strip()
        call = CALL.match(lines[0].strip()) if lines else None
        if call:
            self.call(*call.groups())
            self.head(lines[1:])
        elif language == "json":
            self.body(json.loads(text), label, heading)
        elif language == "prometheus":
            self.example["reply"] = {"type": "text/plain", "body": text}
        elif language == "bash" and "curl " in text:
            for command in re.split(r"\n(?=#|curl )", text):
                if command.startswith("curl "):
                    self.curl(shlex.split(command.replace("\\\n", " ")))
        elif all(HEADER.match(line) for line in lines if line) and lines:
            self.found["headers"] += [{"section": heading, "name": m[1], "value": m[2]} for m in map(HEADER.match, lines) if m]
        elif language in CODE or language == "bash" or re.match(r"^(https?://|[A-Z]\w+: https?://)", text):
            self.code += 1
        else:
            sys.exit(f"a block that nobody reads, under '{heading}': {text[:80]}")

    def head(self, lines):
        """Headers, and after an empty line a body: JSON or the parts of a form."""
        while lines and (m := HEADER.match(lines[0])):
            self.example["headers"][m[1]] = m[2]
            lines = lines[1:]
        text = "\n".join(lines).strip()
        if not text:
            return
        kind = self.example["headers"].get("Content-Type", JSON_TYPE)
        body = json.loads(text) if kind == JSON_TYPE else dict(line.split(": ", 1) for line in text.split("\n"))
        self.example["request"] = {"type": kind, "body": body}

    def body(self, value, label, heading):
        label = label.lower()
        if "event" in value and "data" in value:
            self.found["events"].append(value)
        elif REFUSALS.search(heading) and "error" in value:
            self.found["errors"].append(value)
        elif label.startswith("request"):
            self.example["request"] = {"type": JSON_TYPE, "body": value}
        elif label.startswith("response"):
            self.example["reply"] = {"type": JSON_TYPE, "body": value}
        else:
            sys.exit(f"JSON that nobody reads, under '{heading}', after '{label}'")

    def curl(self, words):
        method, target, headers, data = "GET", None, {}, None
        words = iter(words[1:])
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-H":
                name, value = next(words).split(": ", 1)
                headers[name] = value
            elif word == "-d":
                data = json.loads(next(words))
            else:
                target = word
        self.call(method, urlsplit(target)._replace(scheme="", netloc="").geturl(), "curl")
        self.example["headers"] = headers
        if data is not None:
            self.example["request"] = {"type": JSON_TYPE, "body": data}


def read(path, base):
    document, block, language, label, heading, parameters = Document(base), None, "", "", "", False
    for line in path.read_text(encoding="utf-8").splitlines():
        fence = re.match(r"^```(\w*)\s*$", line.strip())
        if fence and block is None:
            block, language = [], fence[1]
        elif fence:
            document.block(language, block, label, heading)
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("#"):
            heading, label, parameters = line.lstrip("#").strip(" *"), "", False
        elif m := re.match(r"^\*\*Endpoint\*\*: `(\w+) (\S+)`$", line.strip()):
            document.call(*m.groups())
        elif m := re.match(r"^(?:\*\*)?(Request Body|Response|Query Parameters)(?:\*\*)?:", line.strip()):
            label = m[1]
            parameters = label == "Query Parameters"
        elif parameters and (m := re.match(r"^- `(\w+)`: (.*)$", line)):
            document.example["choices"][m[1]] = m[2]
    return document


def main():
    folder, here = Path(sys.argv[1]), Path(__file__).parent
    for name, (pattern, base) in FAMILIES.items():
        document = read(next(iter(sorted(folder.glob(pattern)))), base)
        text = json.dumps(document.found, indent=1, ensure_ascii=False)
        (here / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        counts = {key: len(value) for key, value in document.found.items() if isinstance(value, list)}
        print(name, counts, f"{document.code} blocks of code left out")


if __name__ == "__main__":
    main()
