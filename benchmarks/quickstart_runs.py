"""One run of `cluster/quickstart`, and what the scripts that repeat it say of the machine."""

import json
import pathlib
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent


def run(seed, options):
    """The result that the quickstart writes. Raises when it fails."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [TOP / "cluster/quickstart", "--seed", str(seed), "--json", file.name, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.load(open(file.name))


def cpu():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"
