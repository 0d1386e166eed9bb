#!/usr/bin/env python3
"""jihe, DuckDB and Polars on one month, in one run.

    python run.py --lines 2000000 --threads 1,2 [--rounds 3] [--seed 7] [--shuffle] [--skew institution|person] [--csv]
                  [--jihe PATH] [--engines jihe,duckdb,polars,plain] [--data DIR] [--cache DIR] [--record] [--splice]

Generates the month (once for the same arguments), runs every engine in turn, round by round, compares all answers to
the fen, and only then prints times. --data takes a folder that convert.py wrote in place of a generated one. --record
writes the tables to benches/record; --splice puts the recorded ones into README.md.
"""
import argparse
import datetime
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(os.path.dirname(HERE), "record")
# Nothing heavy is imported here: a child's peak memory counts from that of its parent.


def measured(command, quiet):
    """Runs a command: wall seconds, CPU seconds with its children, peak MiB."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        quiet.seek(0)
        sys.exit(f"ended with {child.returncode}: {' '.join(command)}\n{quiet.read()[-3000:]}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}


def month(args):
    """The folder with month, reference and pack; made if it is not there."""
    if args.data:
        return args.data
    name = f"{args.lines}-{args.seed}" + ("-shuffle" if args.shuffle else "") + (f"-{args.skew}" if args.skew else "")
    folder = os.path.join(args.cache, name)
    # What the generator writes depends on its own text, too.
    made_by = "".join(open(os.path.join(HERE, file)).read() for file in ("generate.py", "tables.py"))
    made_by += "".join(open(path).read() for path in sorted(glob.glob(os.path.join(HERE, "pack", "**", "*.*"), recursive=True)))
    stamp = os.path.join(folder, "made-by")
    fresh = os.path.exists(stamp) and open(stamp).read() == made_by
    if not fresh or (args.csv and not os.path.isdir(os.path.join(folder, "month-csv"))):
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, os.path.join(HERE, "generate.py"), folder, "--lines", str(args.lines), "--seed", str(args.seed)]
        command += ["--shuffle"] * args.shuffle + (["--skew", args.skew] if args.skew else []) + ["--csv"] * args.csv
        subprocess.run(command, check=True)
        with open(stamp, "w") as file:
            file.write(made_by)
    return folder


def command(engine, args, folder, threads, out):
    """The command of an engine, and the files in which its answer will stand."""
    pin = ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if threads == 1 else []
    if engine == "jihe":
        source = os.path.join(folder, "month-csv" if args.csv else "month")
        words = [args.jihe, "score", source, "--rules", os.path.join(folder, "pack"), "--reference", os.path.join(folder, "reference"), "--out", out]
        return pin + words + ["--threads", str(threads), "--quiet"]
    script, variant = {"duckdb": ("duckdb_peer.py", "tuned"), "polars": ("polars_peer.py", "tuned"), "plain": ("duckdb_peer.py", "plain")}[engine]
    words = [sys.executable, os.path.join(HERE, script), folder, "--variant", variant, "--threads", str(threads)]
    return pin + words + ["--csv"] * args.csv + ["--json", out + ".json", "--out", out + ".parquet"]


NAMES = {"jihe": "jihe", "duckdb": "DuckDB, tuned", "polars": "Polars, tuned", "plain": "DuckDB, a plain query a rule"}


def table(runs, engines, threads):
    """Medians, and how many times faster than the better tuned peer each engine is."""
    rows = ["| engine | threads | CPU s | wall s | peak MiB | CPU, best tuned peer ÷ this | wall, best tuned peer ÷ this |", "|---|---:|---:|---:|---:|---:|---:|"]
    middle = {key: {what: statistics.median(run[what] for run in own) for what in ("cpu", "wall", "mib")} for key, own in runs.items()}
    for count in threads:
        tuned = [middle[engine, count] for engine in ("duckdb", "polars") if (engine, count) in middle]
        for engine in engines:
            own = middle[engine, count]
            ratios = [f"{min(peer[what] for peer in tuned) / own[what]:.2f}" if tuned else "" for what in ("cpu", "wall")]
            rows.append(f"| {NAMES[engine]} | {count} | {own['cpu']:.2f} | {own['wall']:.2f} | {own['mib']:.0f} | {ratios[0]} | {ratios[1]} |")
    return "\n".join(rows)


# Columns of lines that the tuned peers read: all others are only jihe's to check.
READ_BY_PEERS = "bkkp_sn mdtrt_id fee_ocur_time hilist_code cnt pric det_item_fee_sumamt prd_days rx_drord_no drug_trac_codg".split()

# What jihe does and the peers do not, by the steps of a profile; netting is not among them, as it sorts as well.
BEYOND = {
    "values of lines that the peers do not read": lambda step: step.startswith("read / decode / ") and step.split(" / ")[2] not in READ_BY_PEERS,
    "a digest of every file read": lambda step: step in ("read / digest", "read / text / digest"),
    "the fund's part, credits, ids of findings and their order": lambda step: step in ("findings / settle", "findings / ids", "findings / order"),
    "sentences, evidence and lines of findings": lambda step: step in ("findings / code / findings", "findings / code / finding_lines"),
    "settlements, institutions, fines, coverage and the manifest": lambda step: step == "write",
}


def beyond(args, folder, out, rounds):
    """By kind of work that the peers do not do: its share of a run on one thread, the median of some profiles."""
    shares = []
    for _ in range(rounds):
        said = subprocess.run(command("jihe", args, folder, 1, out) + ["--profile"], capture_output=True, text=True, check=True).stderr
        steps = {found[1]: float(found[2]) for found in re.finditer(r"^(.+?) +(\d+\.\d+) +\d+$", said, re.M)}
        shares.append({name: sum(ms for step, ms in steps.items() if is_one(step)) / steps["whole run"] for name, is_one in BEYOND.items()})
    return {name: statistics.median(one[name] for one in shares) for name in BEYOND}


def beyond_table(shares, runs):
    """What each kind of work takes of jihe's CPU seconds on one thread, and what is left without all of it."""
    middle = {key: statistics.median(run["cpu"] for run in own) for key, own in runs.items()}
    whole = middle["jihe", 1]
    rows = ["| only jihe does, on one thread | CPU s |", "|---|---:|"]
    rows += [f"| {name} | {share * whole:.2f} |" for name, share in shares.items()]
    left = whole * (1 - sum(shares.values()))
    tuned = [middle[engine, 1] for engine in ("duckdb", "polars") if (engine, 1) in middle]
    ratio = f": the best tuned peer takes {min(tuned) / left:.2f} times as much, and {min(tuned) / whole:.2f} times as much as all of it" if tuned else ""
    return "\n".join(rows) + f"\n\nWithout these jihe takes {left:.2f} of its {whole:.2f} CPU seconds{ratio}."


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = int(open("/proc/meminfo").readline().split()[1]) / 2**20
    return f"{len(os.sched_getaffinity(0))} cores ({model}), {memory:.0f} GiB"


def splice():
    """Puts the newest record of every kind between the markers of README.md; those of national.py come last."""
    newest = {}
    for path in sorted(glob.glob(os.path.join(RECORD, "*.md"))):
        found = re.fullmatch(r"\d{4}-\d\d-\d\d-(peers|national)-(.+)\.md", os.path.basename(path))
        if found:
            newest[found.groups()] = path
    size = lambda key: (key[0] == "national", int(re.match(r"\d+", key[1]).group()) if key[1][0].isdigit() else 0, key[1])
    texts = [open(newest[key]).read().strip().replace("\n## ", "\n#### ").replace("# ", "### ", 1) for key in sorted(newest, key=size)]
    readme = os.path.join(HERE, "README.md")
    text = open(readme).read()
    text = re.sub(r"(<!-- records -->\n).*?(<!-- end of records -->)", lambda found: found[1] + "\n" + "\n\n".join(texts) + "\n\n" + found[2], text, flags=re.S)
    with open(readme, "w") as out:
        out.write(text)


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--lines", type=int, default=2_000_000)
    ask.add_argument("--seed", type=int, default=7)
    ask.add_argument("--threads", default="1,2")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--shuffle", action="store_true")
    ask.add_argument("--skew", choices=["institution", "person"])
    ask.add_argument("--csv", action="store_true")
    ask.add_argument("--data")
    ask.add_argument("--cache", default=os.path.join(tempfile.gettempdir(), "jihe-peers"))
    ask.add_argument("--jihe", default=os.environ.get("JIHE") or os.path.join(HERE, "..", "..", "target", "release", "jihe"))
    ask.add_argument("--engines", default="jihe,duckdb,polars,plain")
    ask.add_argument("--record", action="store_true")
    ask.add_argument("--splice", action="store_true")
    args = ask.parse_args()
    if args.splice and not args.record:
        return splice()
    engines, threads = args.engines.split(","), [int(count) for count in args.threads.split(",")]
    folder = month(args)
    loads, runs, outs = [], {}, []
    with tempfile.TemporaryDirectory(dir=args.cache if os.path.isdir(args.cache) else None) as scratch:
        for turn in range(args.rounds):
            for count in threads:
                for engine in engines:
                    loads.append(os.getloadavg()[0])
                    out = os.path.join(scratch, f"{engine}-{count}-{turn}")
                    with open(os.path.join(scratch, "said"), "w+") as quiet:
                        runs.setdefault((engine, count), []).append(measured(command(engine, args, folder, count, out), quiet))
                    outs.append((engine, out))
                    print(f"\rround {turn + 1} of {args.rounds}: {engine}, {count} threads      ", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        words = [out for engine, out in outs if engine == "jihe"] + ["--"]
        words += [out + ".json" for engine, out in outs if engine != "jihe"] + ["--"]
        words += [out + ".parquet" for engine, out in outs if engine != "jihe"]
        compared = subprocess.run([sys.executable, os.path.join(HERE, "compare.py"), *words], capture_output=True, text=True)
        print(compared.stdout + compared.stderr)
        if compared.returncode:
            sys.exit("the answers differ, so no times are shown")
        extra = beyond(args, folder, os.path.join(scratch, "profiled"), args.rounds) if ("jihe", 1) in runs else None
        phases = {}
        for engine, out in outs:
            if engine != "jihe":
                told = json.load(open(out + ".json"))
                phases[f"{engine} {told['threads']}"] = {"engine": told["engine"], "phases": told["phases"]}
    shown = table(runs, engines, threads)
    if extra:
        shown += "\n\n" + beyond_table(extra, runs)
    version = subprocess.run([args.jihe, "--version"], capture_output=True, text=True).stdout.strip()
    peers = sorted({entry["engine"] for entry in phases.values()})
    kind = f"{args.lines}" if not args.data else os.path.basename(os.path.normpath(args.data))
    kind += ("-shuffle" if args.shuffle else "") + (f"-{args.skew}" if args.skew else "") + ("-csv" if args.csv else "")
    today = datetime.date.today().isoformat()
    told = f"{machine()}, load {min(loads):.1f} to {max(loads):.1f}; {version or 'jihe'}, {', '.join(peers)}; medians of {args.rounds} interleaved rounds, one thread pinned to a core."
    print(f"{told}\n\n{shown}\n")
    if args.record:
        what = "--data CONVERTED" if args.data else f"--lines {args.lines} --seed {args.seed}"
        how = f"python benches/peers/run.py {what} --threads {args.threads} --rounds {args.rounds}"
        how += " --shuffle" * args.shuffle + (f" --skew {args.skew}" if args.skew else "") + " --csv" * args.csv
        os.makedirs(RECORD, exist_ok=True)
        base = os.path.join(RECORD, f"{today}-peers-{kind}")
        with open(base + ".md", "w") as out:
            out.write(f"# Sixteen rules, {kind} lines, {today}\n\n{told}\n`{how}`\n\n{shown}\n\n```text\n{compared.stdout.strip()}\n```\n")
        with open(base + ".json", "w") as out:
            listed = [{"engine": engine, "threads": count, "runs": own} for (engine, count), own in runs.items()]
            json.dump({"date": today, "kind": kind, "machine": machine(), "loads": loads, "jihe": version, "runs": listed, "beyond": extra, "phases": phases}, out, indent=1)
            out.write("\n")
        if args.splice:
            splice()


if __name__ == "__main__":
    main()
