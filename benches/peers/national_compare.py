#!/usr/bin/env python3
"""Does jihe answer as SQL does?  python national_compare.py WHOLE_OUT... -- SAME_RULES_OUT... -- SQL_PREFIX... [-- show]

WHOLE_OUT: results of the whole pack; its finding lines are held against the hits of the queries, rule by rule and line by
line, to the fen. SAME_RULES_OUT: results of a pack of the queries' rules alone; its refused lines are held against those
of SQL. Prints the table of rules; ends with 1 if anything differs.
"""
import json
import os
import sys

import duckdb

from national_rules import SHOWN


def apart(db, folder, prefix, rules):
    """(rule, line, jihe's number and fen, SQL's number and fen) where they differ."""
    kinds = ", ".join(f"('{rule}', '{2 if rule in SHOWN else 1}')" for rule in rules)
    return db.execute(f"""with kinds (rule, kind) as (values {kinds}),
          a as (select f.rule_id as rule, l.bkkp_sn as sn, count(*) as n, sum(l.vola_amt) as yuan from '{folder}/finding_lines.parquet' l join '{folder}/findings.parquet' f using (jr_id)
            join kinds k on k.rule = f.rule_id and k.kind = l.vola_item_type group by all),
          b as (select rule, sn, count(*) as n, sum(alone) as yuan from '{prefix}.hits.parquet' group by all)
        select coalesce(a.rule, b.rule), coalesce(a.sn, b.sn), a.n, a.yuan, b.n, b.yuan from a full join b on a.rule = b.rule and a.sn = b.sn
        where a.n is distinct from b.n or a.yuan is distinct from b.yuan order by 1, 2""").fetchall()


def refused_apart(db, folder, prefix):
    return db.execute(f"""select coalesce(a.bkkp_sn, b.bkkp_sn), a.refused_amt, b.refused_amt from (from '{folder}/refusals.parquet' where refused_amt > 0) a
        full join '{prefix}.refused.parquet' b using (bkkp_sn) where a.refused_amt is distinct from b.refused_amt order by 1""").fetchall()


def main():
    groups = [[]]
    for word in sys.argv[1:]:
        groups.append([]) if word == "--" else groups[-1].append(word)
    whole, same, prefixes, show = (groups + [[]])[:4]
    db = duckdb.connect()
    with open(prefixes[0] + ".json") as file:
        told = json.load(file)
    differing, differences = set(), []
    pairs = [(folder, prefixes[0]) for folder in whole] + [(whole[0], prefix) for prefix in prefixes[1:]]
    for folder, prefix in pairs:
        found = apart(db, folder, prefix, told["rules"])
        differing |= {row[0] for row in found}
        differences += [f"{rule} {sn}: jihe {n} times {yuan}, SQL {m} times {other}" for rule, sn, n, yuan, m, other in found]
    for folder, prefix in [(folder, prefixes[0]) for folder in same] + [(same[0], prefix) for prefix in prefixes[1:]] if same else []:
        differences += [f"refused of {sn}: jihe {yuan}, SQL {other}" for sn, yuan, other in refused_apart(db, folder, prefix)]
    aside = db.execute(f"select count(*) from '{whole[0]}/quarantine.parquet'").fetchall()[0][0]
    if aside:
        print(f"jihe put {aside} rows aside, which the queries do not")
    sums = {row[0]: row[1:] for row in db.execute(f"select rule, count(distinct sn), sum(alone) from '{prefixes[0]}.hits.parquet' group by 1").fetchall()}
    width = max(map(len, told["rules"]))
    print(f"{'rule':{width}} {'lines':>7} {'yuan, each alone':>17}")
    for rule in told["rules"]:
        lines, yuan = sums.get(rule, (0, 0))
        print(f"{rule:{width}} {lines:>7} {'shown only' if rule in SHOWN else format(yuan, '.2f'):>17}" + "  differs" * (rule in differing))
    if same:
        lines, yuan = db.execute(f"select count(*), coalesce(sum(refused_amt), 0) from '{prefixes[0]}.refused.parquet'").fetchall()[0]
        print(f"{'refused by all':{width}} {lines:>7} {yuan:>17.2f}")
    for line in differences[:None if show else 20]:
        print("differs: " + line)
    answered = f"{told['net_lines']} net lines; {len(told['rules'])} queries, {len(sums)} of them with lines"
    print(f"{answered}; {len(whole)} answers of the whole pack, {len(same)} of these rules, {len(prefixes)} of SQL: " + ("the same to the fen" if not differences else f"{len(differences)} differences"))
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
