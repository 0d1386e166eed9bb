#!/usr/bin/env python3
"""The national pack in DuckDB, one process: python national_sql.py MONTH REFERENCE PACK --threads 2 --out PREFIX [--only RULE,...]

Reads the month, nets it, answers one query a rule and works out what is refused of each line. PREFIX.hits.parquet has
the lines of every rule with the fen of each alone, PREFIX.refused.parquet what all of them refuse together, PREFIX.json
how long that took.
"""
import argparse
import json
import os
import sys
import tomllib

import duckdb

from clock import Clock
from national_net import knowledge, net, prepare, read, since
from national_rules import RULES, SHOWN


def files_of(pack):
    """Rule -> its file."""
    found = {}
    for family in sorted(os.listdir(pack)):
        folder = os.path.join(pack, family)
        if os.path.isdir(folder) and family != "tables":
            found |= {file.removesuffix(".toml"): os.path.join(folder, file) for file in os.listdir(folder) if file.endswith(".toml")}
    return dict(sorted(found.items()))


def answer(db, rule, path):
    """The lines of a rule into table hits: what is cut, and the fen alone. A rule is told its parameters and from when it holds."""
    with open(path, "rb") as file:
        told = tomllib.load(file)
    query = (RULES | SHOWN)[rule]
    since(db, told["from"])
    for name, param in told.get("params", {}).items():
        query = query.replace("{" + name + "}", str(param.get("value")))
    columns = {row[0] for row in db.execute(f"describe {query}").fetchall()}
    cut = lambda name, kind: f"h.{name}::{kind}" if name in columns else f"null::{kind}"
    shown = rule in SHOWN
    whole = not shown and not columns & set("qpa")
    refuses = not shown and told["grade"] == "definite" and told["status"] == "active"
    paid = "amt" if shown else "0" if whole else "least(amt, round((cnt - coalesce(q, 0)) * least(pric, coalesce(p, pric)), 2), coalesce(a, amt))"
    db.execute(f"""insert into hits select '{rule}', sn, q, p, a, {whole}, amt - {paid}, {refuses} and sure from
        (select l.sn, l.cnt, l.pric, l.amt, {cut('q', 'decimal(18,4)')} as q, {cut('p', 'decimal(16,6)')} as p, {cut('a', 'decimal(16,2)')} as a, {'h.sure' if 'sure' in columns else 'true'} as sure
        from ({query}) h join l on l.sn = h.sn)""")


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("month")
    ask.add_argument("reference")
    ask.add_argument("pack")
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--out", required=True)
    ask.add_argument("--only")
    args = ask.parse_args()
    clock = Clock()
    db = duckdb.connect(config={"threads": args.threads})
    for name in ("lines", "settlements", "encounters", "diagnoses", "persons", "trace_codes"):
        read(db, args.month, name, False)
    for name in ("institutions", "catalogue", "price_limits", "inventory", "practitioners", "item_map"):
        read(db, args.reference, name, True)
    knowledge(db, args.pack)
    clock.lap("read")
    net(db)
    clock.lap("net")
    prepare(db)
    clock.lap("look up")
    files = files_of(args.pack)
    wanted = args.only.split(",") if args.only else [rule for rule in files if rule in RULES or rule in SHOWN]
    db.execute("create table hits (rule varchar, sn varchar, q decimal(18,4), p decimal(16,6), a decimal(16,2), whole bool, alone decimal(16,2), refuses bool)")
    for rule in wanted:
        if rule not in files:
            sys.exit(f"the pack has no rule {rule}")
        answer(db, rule, files[rule])
        clock.lap(rule)
    db.execute(f"copy (select rule, sn, alone from hits) to '{args.out}.hits.parquet' (compression zstd)")
    # The largest cut of each kind counts.
    db.execute(f"""copy (select * from (select l.sn as bkkp_sn, any_value(setl) as setl_id, any_value(enc) as mdtrt_id, any_value(psn) as psn_no, any_value(inst) as fixmedins_code, any_value(item) as hilist_code,
          any_value(amt) as det_item_fee_sumamt, string_agg(distinct rule, ',' order by rule) as rules, any_value(amt) - case when bool_or(whole) then 0
            else least(any_value(amt), round((any_value(cnt) - coalesce(max(q), 0)) * least(any_value(pric), coalesce(min(p), any_value(pric))), 2), coalesce(min(a), any_value(amt))) end as refused_amt
        from hits join net_lines l using (sn) where refuses group by l.sn) where refused_amt > 0) to '{args.out}.refused.parquet' (compression zstd)""")
    clock.lap("write")
    lines = db.execute("select count(*) from net_lines").fetchall()[0][0]
    with open(args.out + ".json", "w") as out:
        json.dump({"engine": "duckdb " + duckdb.__version__, "threads": args.threads, "rules": wanted, "missing": [rule for rule in files if rule not in wanted], "net_lines": lines, "phases": clock.phases}, out)


if __name__ == "__main__":
    main()
