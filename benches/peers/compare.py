#!/usr/bin/env python3
"""Are the answers the same?  python compare.py JIHE_OUT... -- REPORT.json... -- REFUSED.parquet...

Compares, to the fen: for every rule the lines cut and the money of each alone; lines and money refused by all rules
together; and line by line the refused amount. Prints the table of rules; ends with 1 if anything differs.
"""
import json
import sys

import duckdb

from clock import RULES


def of_jihe(folder):
    """Rule -> (lines cut, fen alone), and (lines, fen) refused, from jihe's result files."""
    found = duckdb.connect().execute(f"""select f.rule_id, count(*), (sum(l.vola_amt) * 100)::bigint from '{folder}/finding_lines.parquet' l
        join '{folder}/findings.parquet' f using (jr_id) where l.vola_item_type = '1' group by 1""").fetchall()
    refused = duckdb.connect().execute(f"select count(*), (coalesce(sum(refused_amt), 0) * 100)::bigint from '{folder}/refusals.parquet' where refused_amt > 0").fetchall()[0]
    rules = {rule: (0, 0) for rule in RULES}
    return rules | {rule: (n, fen) for rule, n, fen in found}, tuple(refused)


def main():
    groups, rest = [[]], sys.argv[1:]
    for word in rest:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    folders, reports, files = (groups + [[], []])[:3]
    answers = {}
    for folder in folders:
        answers[f"jihe {folder.rsplit('/', 1)[-1]}"] = of_jihe(folder)
    for path in reports:
        with open(path) as file:
            told = json.load(file)
        name = f"{told['engine'].split()[0]} {told['variant']} {path.rsplit('/', 1)[-1]}"
        answers[name] = {rule: tuple(pair) for rule, pair in told["rules"].items()}, tuple(told["refused"])
    first, (rules, refused) = next(iter(answers.items()))
    differences = 0
    for name, (others, total) in answers.items():
        for rule in sorted(rules.keys() | others.keys()):
            if rules.get(rule) != others.get(rule):
                differences += 1
                print(f"differs: {rule}: {first} has (lines, fen) {rules.get(rule)}, {name} has {others.get(rule)}")
        if total != refused:
            differences += 1
            print(f"differs: all rules together: {first} has (lines, fen) {refused}, {name} has {total}")
    for path in files:
        apart = duckdb.connect().execute(f"""select count(*) from (select bkkp_sn, refused_amt, refused_cnt, fixmedins_code from '{folders[0]}/refusals.parquet' where refused_amt > 0) a
            full join '{path}' b using (bkkp_sn) where a.refused_amt is distinct from b.refused_amt or a.refused_cnt is distinct from b.refused_cnt or a.fixmedins_code is distinct from b.fixmedins_code""").fetchall()[0][0]
        if apart:
            differences += 1
            print(f"differs: {apart} refused lines between {first} and {path}")
    width = max(map(len, rules))
    print(f"{'rule':{width}} {'lines cut':>10} {'yuan, each alone':>18}")
    for rule, (n, fen) in sorted(rules.items()):
        print(f"{rule:{width}} {n:>10} {fen / 100:>18.2f}")
    print(f"{'refused':{width}} {refused[0]:>10} {refused[1] / 100:>18.2f}")
    print(f"{len(answers)} answers and {len(files)} tables of refused lines compared: " + ("the same to the fen" if not differences else f"{differences} differences"))
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
