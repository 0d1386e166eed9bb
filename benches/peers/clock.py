"""What every peer measures and reports."""
import argparse
import json
import os
import resource
import time

RULES = ["age", "bought", "contained", "daily", "days-supply", "monthly", "once-a-day", "overlap", "price", "refill", "same-line", "setting", "sex", "split", "stay", "trace"]
# The stay family first, then by id: the order in which jihe credits a refused line.
ORDER = ["overlap", "split"] + [rule for rule in RULES if rule not in ("overlap", "split")]


def arguments(variants):
    args = argparse.ArgumentParser()
    args.add_argument("data", help="folder with month, reference and pack")
    args.add_argument("--variant", choices=variants, default=variants[0])
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--csv", action="store_true", help="read month-csv in place of month")
    args.add_argument("--out", help="write the refused lines here, as Parquet")
    args.add_argument("--hits", help="write every hit here, as Parquet; for looking at differences")
    args.add_argument("--json", help="write the report here, else to the terminal")
    return args.parse_args()


def cpu_seconds():
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Clock:
    def __init__(self):
        self.phases = {}
        self.start = self.wall = time.perf_counter()
        self.cpu = cpu_seconds()

    def lap(self, name):
        wall, cpu = time.perf_counter(), cpu_seconds()
        self.phases[name] = [round(wall - self.wall, 3), round(cpu - self.cpu, 3)]
        self.wall, self.cpu = wall, cpu

    def report(self, args, engine, rules, refused, institutions):
        """rules: id -> (lines cut, fen each alone); refused: (lines, fen) of all rules together."""
        told = {
            "engine": engine,
            "variant": args.variant,
            "threads": args.threads,
            "rules": {rule: [int(n) for n in rules.get(rule, (0, 0))] for rule in RULES},
            "refused": [int(n) for n in refused],
            "institutions": int(institutions),
            "wall": round(time.perf_counter() - self.start, 3),
            "cpu": round(cpu_seconds(), 3),
            "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "phases": self.phases,
            "load": os.getloadavg()[0],
        }
        text = json.dumps(told)
        if args.json:
            with open(args.json, "w") as out:
                out.write(text + "\n")
        else:
            print(text)
