"""Counts the instructions of each kernel for one line, with valgrind: noise does not move them.

Each kernel runs so many times and as many again; the difference is its own cost, without the start of
the program. Needs valgrind. Run: python benches/instructions.py [--record]
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KERNELS = ["excess_units", "latest_units", "contained_units", "repeats", "overlaps"]
# Lines of a group, and how often it is judged: the same work for a small group and a large one.
SIZES = [(4, 2000), (10_000, 2)]


def build():
    """The bench program, built for release."""
    command = ["cargo", "bench", "-p", "jihe-testkit", "--bench", "kernels", "--no-run",
               "--message-format", "json"]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in told.splitlines():
        message = json.loads(line)
        if message.get("target", {}).get("name") == "kernels" and message.get("executable"):
            return message["executable"]
    sys.exit("cargo named no bench program")


def instructions(program, kernel, times):
    """What the program runs in all."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program]
        variables = {**os.environ, "JIHE_KERNEL": kernel, "JIHE_TIMES": str(times)}
        run = subprocess.run(command, env=variables, check=True, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    return int(found.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="keep the table in benches/record")
    arguments = parser.parse_args()
    program = build()
    rows = ["| kernel | lines of a group | instructions a line |", "|---|---:|---:|"]
    for name in KERNELS:
        for n, times in SIZES:
            kernel = f"{name}/{n}"
            once, twice = (instructions(program, kernel, t) for t in (times, 2 * times))
            rows.append(f"| `{name}` | {n} | {(twice - once) / (times * n):.1f} |")
    table = "\n".join(rows)
    print(table)
    if arguments.record:
        rust = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, text=True).stdout
        today = datetime.date.today().isoformat()
        path = ROOT / "benches" / "record" / f"{today}-instructions.md"
        path.write_text(f"# Instructions of the kernels, {today}\n\n{platform.machine()}, {rust.strip()}, "
                        f"valgrind's callgrind; the checks of the answers included.\n\n{table}\n")


if __name__ == "__main__":
    main()
