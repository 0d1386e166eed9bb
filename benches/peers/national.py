#!/usr/bin/env python3
"""The national pack beside SQL: one query a rule, each rule's lines and fen compared, then times.

    python national.py [DIR] [--lines 200000 --seed 1,2,3] [--threads 1,2] [--rounds 1] [--jihe PATH] [--pack rules/national]
                       [--only RULE,...] [--show] [--record] [--splice]
    python national.py --golden

DIR is a folder that `jihe synth DIR --lines N --seed S` or generate.py wrote, or an empty one for synth to write to; without
it a month of every seed is made and thrown away. jihe scores each month without a state, once with the whole pack
and once with the rules that have a query; one DuckDB process (national_sql.py) reads the same files, nets the month,
answers all queries and writes the refused lines. Times are shown only if all answers agree. --record writes the tables to
benches/record; --splice puts the recorded ones into README.md. --golden asks every query about the golden month of its
rule in fixtures/rules/national instead, where the limits are at, below and above, and nothing is left to chance.
"""
import argparse
import datetime
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from national_rules import RULES, SHOWN, UNTOLD
from run import HERE, RECORD, machine, measured, splice

ROOT = os.path.dirname(os.path.dirname(HERE))
# Nothing heavy is imported here: a child's peak memory counts from that of its parent.
ENGINES = ["jihe", "same", "sql"]


def script(name):
    return [sys.executable, os.path.join(HERE, name)]


def months_of(folder):
    """Folders of months: of generate.py, or of synth."""
    own = os.path.join(folder, "month")
    return [own] if os.path.isdir(own) else sorted(glob.glob(os.path.join(folder, "months", "*")))


def only(pack, rules, target):
    """A copy of the pack with these rules alone."""
    shutil.copytree(pack, target)
    for path in glob.glob(os.path.join(target, "*", "*.toml")):
        if os.path.basename(path).removesuffix(".toml") not in rules:
            os.remove(path)


def command(engine, args, source, pack, threads, out):
    reference = os.path.join(os.path.dirname(source) if os.path.basename(source) == "month" else os.path.dirname(os.path.dirname(source)), "reference")
    pin = ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if threads == 1 else []
    if engine == "sql":
        return pin + script("national_sql.py") + [source, reference, pack, "--threads", str(threads), "--out", out] + (["--only", args.only] if args.only else [])
    return pin + [args.jihe, "score", source, "--rules", pack, "--reference", reference, "--out", out, "--threads", str(threads), "--quiet"]


def judged(args, source, scratch, runs, loads):
    """Runs every engine on a month and compares; gives the comparison and what SQL told of itself."""
    outs = {engine: [] for engine in ENGINES}
    same_pack, told = os.path.join(scratch, "pack"), None
    for turn in range(args.rounds):
        for threads in args.counts:
            # The queries come first: they say which rules they are.
            for engine in reversed(ENGINES):
                if engine == "same" and args.only:
                    continue
                out = os.path.join(scratch, f"{engine}-{threads}-{turn}")
                loads.append(os.getloadavg()[0])
                with open(os.path.join(scratch, "said"), "w+") as quiet:
                    taken = measured(command(engine, args, source, same_pack if engine == "same" else args.pack, threads, out), quiet)
                runs.setdefault((engine, threads), []).append(taken)
                outs[engine].append(out)
                if told is None:
                    with open(out + ".json") as file:
                        told = json.load(file)
                    only(args.pack, told["rules"], same_pack)
    words = [*outs["jihe"], "--", *outs["same"], "--", *outs["sql"]] + ["--", "show"] * args.show
    compared = subprocess.run(script("national_compare.py") + words, capture_output=True, text=True)
    return compared, told


def golden(args):
    """Every query over the golden month of its rule; ends with 1 if one differs."""
    differing, asked = 0, 0
    for folder in sorted(glob.glob(os.path.join(ROOT, "fixtures", "rules", "national", "*", "*", "month"))):
        folder = os.path.dirname(folder)
        rule = args.only = os.path.basename(folder)
        if rule in UNTOLD:
            print(f"{rule}: left out: {UNTOLD[rule]}")
        if rule not in RULES | SHOWN or rule in UNTOLD:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            args.pack = os.path.join(scratch, "golden")
            shutil.copytree(os.path.join(ROOT, "rules", "national"), args.pack)
            # Some golden months bring tables of their own.
            if os.path.isdir(os.path.join(folder, "tables")):
                shutil.copytree(os.path.join(folder, "tables"), os.path.join(args.pack, "tables"), dirs_exist_ok=True)
            compared, _ = judged(args, os.path.join(folder, "month"), scratch, {}, [])
        asked, differing = asked + 1, differing + (compared.returncode != 0)
        print(f"{rule}: {'same' if compared.returncode == 0 else 'differs'}" + ("\n" + compared.stdout + compared.stderr if compared.returncode or args.show else ""), flush=True)
    print(f"{asked} golden months asked, {differing} differ")
    sys.exit(bool(differing))


def table(runs, told, counts):
    """Medians, and how many times what jihe takes SQL takes."""
    n, all_rules = len(told["rules"]), len(told["rules"]) + len(told["missing"])
    names = {"jihe": ("jihe, the whole pack", all_rules), "same": ("jihe, the rules of the queries", n), "sql": ("DuckDB, one query a rule", n)}
    rows = ["| engine | rules | threads | CPU s | wall s | peak MiB | CPU, SQL ÷ this | wall, SQL ÷ this |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    middle = {key: {what: statistics.median(run[what] for run in own) for what in ("cpu", "wall", "mib")} for key, own in runs.items()}
    for count in counts:
        for engine in ENGINES:
            own, peer = middle[engine, count], middle["sql", count]
            name, rules = names[engine]
            rows.append(f"| {name} | {rules} | {count} | {own['cpu']:.2f} | {own['wall']:.2f} | {own['mib']:.0f} | {peer['cpu'] / own['cpu']:.2f} | {peer['wall'] / own['wall']:.2f} |")
    return "\n".join(rows) + f"""

jihe judges all {all_rules} rules of the pack (or, in the second row, the {n} that have a query), checks every value, and writes a
sentence with evidence for each finding, the fund's part, credits, coverage, a manifest and more. SQL does these {n} rules
only: it reads and nets the month, and writes the lines of each rule and the refused lines with their money."""


def record(args, told, compared, shown, said, runs, loads, version):
    today, kind = datetime.date.today().isoformat(), str(args.lines)
    os.makedirs(RECORD, exist_ok=True)
    base = os.path.join(RECORD, f"{today}-national-{kind}")
    how = f"python benches/peers/national.py --lines {args.lines} --seed {args.seed} --threads {args.threads} --rounds {args.rounds}"
    with open(base + ".md", "w") as out:
        out.write(f"# The national pack, {kind} lines, {today}\n\n{said}\n`{how}`\n\n{shown}\n\n```text\n{compared.stdout.strip()}\n```\n\nNo query: {', '.join(told['missing'])}.\n")
    with open(base + ".json", "w") as out:
        listed = [{"engine": engine, "threads": count, "runs": own} for (engine, count), own in runs.items()]
        json.dump({"date": today, "kind": kind, "machine": machine(), "loads": loads, "jihe": version, "runs": listed, "phases": {"sql": {"engine": told["engine"], "phases": told["phases"]}}}, out, indent=1)
        out.write("\n")


def arguments():
    ask = argparse.ArgumentParser()
    ask.add_argument("folder", nargs="?")
    ask.add_argument("--lines", type=int, default=200_000)
    ask.add_argument("--seed", default="7", help="one, or several with commas")
    ask.add_argument("--threads", default="1,2")
    ask.add_argument("--rounds", type=int, default=1)
    ask.add_argument("--jihe", default=os.environ.get("JIHE") or os.path.join(ROOT, "target", "release", "jihe"))
    ask.add_argument("--pack", default=os.path.join(ROOT, "rules", "national"))
    ask.add_argument("--only", help="some of the rules; without times")
    ask.add_argument("--show", action="store_true", help="show all lines that differ")
    ask.add_argument("--golden", action="store_true", help="the golden months of the rules instead")
    ask.add_argument("--record", action="store_true")
    ask.add_argument("--splice", action="store_true")
    args = ask.parse_args()
    args.counts = [int(count) for count in args.threads.split(",")]
    if args.record and (args.folder or args.only or "," in args.seed):
        ask.error("--record wants one seed, all queries and a month made for it")
    return args


def main():
    args = arguments()
    if args.splice and not args.record:
        return splice()
    if args.golden:
        args.counts, args.rounds = args.counts[-1:], 1
        return golden(args)
    version = subprocess.run([args.jihe, "--version"], capture_output=True, text=True).stdout.strip()
    differing = False
    for seed in [None] if args.folder and months_of(args.folder) else args.seed.split(","):
        with tempfile.TemporaryDirectory() as made:
            folder = args.folder or made
            if seed is not None:
                subprocess.run([args.jihe, "synth", folder, "--lines", str(args.lines), "--seed", seed], check=True, stdout=subprocess.DEVNULL)
                print(f"seed {seed}, ", end="")
            for source in months_of(folder):
                runs, loads = {}, []
                with tempfile.TemporaryDirectory() as scratch:
                    compared, told = judged(args, source, scratch, runs, loads)
                print(f"{os.path.basename(source)}\n{compared.stdout}{compared.stderr}", flush=True)
                differing |= compared.returncode != 0
                if compared.returncode or args.only:
                    continue
                shown = table(runs, told, args.counts)
                said = f"{machine()}, load {min(loads):.1f} to {max(loads):.1f}; {version or 'jihe'}, {told['engine']}; medians of {args.rounds} interleaved rounds, one thread pinned to a core."
                print(f"{said}\n\n{shown}\n\nNo query: {', '.join(told['missing'])}.\n", flush=True)
                if args.record:
                    record(args, told, compared, shown, said, runs, loads, version)
    if differing:
        sys.exit("answers differ; of those months no times are shown")
    if args.splice:
        splice()


if __name__ == "__main__":
    main()
