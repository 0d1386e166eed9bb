#!/usr/bin/env python3
"""The national pack in SQL, beside jihe: one query a rule, each rule's lines and fen compared.

    python national.py DIR [--lines 200000 --seed 7] [--jihe PATH] [--pack rules/national] [--only RULE,...] [--show]

DIR is a folder that `jihe synth DIR --lines N --seed S` or generate.py wrote, or an empty one for synth to write to. jihe
scores its months one by one without a state; the queries follow docs/semantics.md over the same tables.

The month is netted first, here too: void rows, repeated rows, cancelled settlements with their lines, and reversed
lines. The first three are SQL; reversals depend on each other in canonical order and are taken one by one in Python,
over the few lines concerned. Rows that jihe would quarantine are not looked for: if it puts any aside, that is said.
What the queries share is a table of net lines, with what the catalogue, the person, the institution and the encounter
say of each on its day. Every query gives the lines that a rule cuts: bkkp_sn and q (units), p (price), a (amount) or
nothing (the whole line).
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile
import tomllib
from decimal import Decimal

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Optional columns that a month or reference folder may lack.
OPTIONAL = {
    "lines": ["setl_id", "inscp_scp_amt", "med_list_codg", "list_type", "chrgitm_lv", "rx_drord_no", "init_feedetl_sn", "prd_days", "dscg_tkdrug_flag", "vali_flag", "drug_trac_codg"],
    "settlements": ["med_type", "refd_setl_flag", "init_setl_id", "vali_flag"],
    "encounters": ["endtime", "dscg_maindiag_code", "dise_codg", "dscg_way", "ipt_type", "otp_er_refl_flag", "vali_flag"],
    "diagnoses": ["maindiag_flag"],
    "persons": ["gend", "brdy", "surv_stas", "die_date"],
    "trace_codes": ["trdn_flag"],
    "institutions": ["lmtpric_hosp_lv"],
    "catalogue": ["list_type", "chrgitm_lv", "med_use_flag", "genname_codg", "min_pac_cnt", "daily_dose", "dose_per_unit"],
    "price_limits": ["lmtpric_hosp_lv"],
}
REQUIRED = {
    "lines": ["bkkp_sn", "mdtrt_id", "psn_no", "fixmedins_code", "fee_ocur_time", "hilist_code", "cnt", "pric", "det_item_fee_sumamt"],
    "settlements": ["setl_id", "mdtrt_id", "psn_no"],
    "encounters": ["mdtrt_id", "psn_no", "fixmedins_code", "med_type", "begntime"],
    "diagnoses": ["mdtrt_id", "diag_code"],
    "persons": ["psn_no"],
    "trace_codes": ["drug_trac_codg", "bkkp_sn"],
    "institutions": ["fixmedins_code"],
    "catalogue": ["hilist_code"],
    "price_limits": ["hilist_code", "hilist_pric_uplmt_amt"],
    "inventory": ["fixmedins_code", "med_list_codg", "cnt"],
}
TYPES = {
    "cnt": "decimal(16,4)", "pric": "decimal(16,6)", "det_item_fee_sumamt": "decimal(16,2)", "inscp_scp_amt": "decimal(16,2)", "prd_days": "decimal(6,2)",
    "fee_ocur_time": "timestamp", "begntime": "timestamp", "endtime": "timestamp", "brdy": "date", "die_date": "date", "hilist_pric_uplmt_amt": "decimal(16,6)",
    "min_pac_cnt": "decimal(16,4)", "daily_dose": "decimal(16,6)", "dose_per_unit": "decimal(16,6)", "lmtpric_hosp_lv": "int", "begndate": "date", "enddate": "date",
}
KEYS = {"lines": "bkkp_sn", "settlements": "setl_id", "encounters": "mdtrt_id", "persons": "psn_no"}


def read(db, folder, name, dated):
    """A table of the folder with all columns that the queries may name, empty texts as missing; empty if there is none."""
    columns = REQUIRED[name] + OPTIONAL.get(name, []) + (["begndate", "enddate"] if dated else [])
    kinds = {column: TYPES.get(column, "varchar") for column in columns}
    if dated and name == "institutions":
        kinds |= {"begndate": "date", "enddate": "date"}
    parquet, text = (os.path.join(folder, name + ending) for ending in (".parquet", ".csv"))
    if os.path.exists(parquet):
        source = f"read_parquet('{parquet}')"
    elif os.path.exists(text):
        source = f"read_csv('{text}', header=true, delim=',', quote='\"', all_varchar=true)"
    else:
        db.execute(f"create or replace table {name} (" + ", ".join(f"{column} {kind}" for column, kind in kinds.items()) + ")")
        return
    there = {row[0] for row in db.execute(f"describe select * from {source}").fetchall()}
    cells = [f"nullif({column}::varchar, '')::{kind} as {column}" if column in there else f"null::{kind} as {column}" for column, kind in kinds.items()]
    rest = ", ".join(f"{column}::varchar" for column in sorted(there))
    # The content of a row is all of its columns.
    db.execute(f"create or replace table {name} as select {', '.join(cells)}, row({rest}) as content from {source}")


def knowledge(db, pack):
    folder = os.path.join(pack, "tables")
    for file in sorted(os.listdir(folder)):
        name = file.removesuffix(".csv")
        db.execute(f"""create or replace table {name} as select * replace (nullif(begndate, '')::date as begndate, nullif(enddate, '')::date as enddate)
            from read_csv('{folder}/{file}', header=true, delim=',', quote='\"', all_varchar=true)""")


def net(db):
    """Rows to the net month: tables net_settlements, encounters, persons, and lines with what is left of them."""
    for name, key in KEYS.items():
        if name != "persons":
            db.execute(f"delete from {name} where vali_flag <> '1'")
        # Equal rows are one; rows of one key with different contents are none.
        db.execute(f"""create or replace table {name} as select * exclude (contents, place) from (
            select *, row_number() over (partition by {key}) as place, count(distinct content) over (partition by {key}) as contents from {name}) where contents = 1 and place = 1""")
    db.execute("""create or replace table gone as select setl_id from settlements where refd_setl_flag = '1'
        union select init_setl_id from settlements where refd_setl_flag = '1' and init_setl_id is not null""")
    db.execute("delete from lines where setl_id in (from gone); delete from settlements where setl_id in (from gone)")
    reverse(db)
    db.execute("delete from lines where cnt <= 0")


def reverse(db):
    """Takes each negative line off its original, in canonical order."""
    order = "order by psn_no, fee_ocur_time, bkkp_sn"
    columns = "bkkp_sn, mdtrt_id, hilist_code, pric, cnt, det_item_fee_sumamt, coalesce(inscp_scp_amt, det_item_fee_sumamt), psn_no, fee_ocur_time, init_feedetl_sn"
    reversals = db.execute(f"select {columns} from lines where cnt < 0 {order}").fetchall()
    if not reversals:
        return
    candidates = db.execute(f"""select {columns} from lines where cnt > 0 and (bkkp_sn in (select init_feedetl_sn from lines where cnt < 0)
        or (mdtrt_id, hilist_code, pric) in (select (mdtrt_id, hilist_code, pric) from lines where cnt < 0 and init_feedetl_sn is null)) {order}""").fetchall()
    left = {row[0]: list(row[4:7]) for row in candidates}
    groups = {}
    for row in candidates:
        groups.setdefault(row[1:4], []).append(row)
    place = lambda row: (row[7].encode(), row[8], row[0].encode())
    for row in reversals:
        enough = lambda key: left[key][0] >= -row[4] and left[key][1] >= -row[5]
        if row[9] is not None:
            found = row[9] if row[9] in left and enough(row[9]) else None
        else:
            earlier = (other[0] for other in reversed(groups.get(row[1:4], [])) if place(other) < place(row) and enough(other[0]))
            found = next(earlier, None)
        if found:
            left[found] = [old + change for old, change in zip(left[found], row[4:7])]
    db.execute("create or replace table remains (bkkp_sn varchar, cnt decimal(16,4), amt decimal(16,2), scp decimal(16,2))")
    touched = [(row[0], *left[row[0]]) for row in candidates if left[row[0]] != list(row[4:7])]
    if touched:
        db.executemany("insert into remains values (?, ?, ?, ?)", touched)
    db.execute("update lines set cnt = r.cnt, det_item_fee_sumamt = r.amt, inscp_scp_amt = r.scp from remains r where lines.bkkp_sn = r.bkkp_sn")


def in_force(table, day):
    return f"({table}.begndate is null or {table}.begndate <= {day}) and ({table}.enddate is null or {day} < {table}.enddate)"


def prepare(db):
    """Table l: every judged line with its surroundings. Table stays: the stays in canonical order by person."""
    # Completed years: the whole part of the distance of two yyyymmdd numbers, in ten thousands.
    digits = lambda day: f"(year({day}) * 10000 + month({day}) * 100 + day({day}))"
    inpatient = lambda ty, day: f"exists (from inpatient t where starts_with({ty}, t.med_type) and {in_force('t', day)})"
    db.execute(f"""create or replace table visits as select e.*, e.begntime::date as admission, e.endtime::date as discharge from encounters e;
create or replace table typed as select y.med_type, y.day, {inpatient('y.med_type', 'y.day')} as is_stay from
  (from (select med_type from encounters union select med_type from settlements where med_type is not null), (select distinct fee_ocur_time::date as day from lines union select begntime::date from encounters)) y;
create or replace table l as
  select x.bkkp_sn as sn, x.mdtrt_id as enc, x.psn_no as psn, x.fixmedins_code as inst, x.hilist_code as item, x.fee_ocur_time as t, x.fee_ocur_time::date as d, x.cnt, x.pric,
    x.det_item_fee_sumamt as amt, coalesce(x.inscp_scp_amt, x.det_item_fee_sumamt) as scp, coalesce(x.med_list_codg, x.hilist_code) as stock_item, x.rx_drord_no as order_no, x.prd_days as days,
    x.dscg_tkdrug_flag, x.drug_trac_codg as trace, c.hilist_code is not null as listed, coalesce(c.list_type, x.list_type) as list_type, coalesce(c.chrgitm_lv, x.chrgitm_lv) as class,
    c.med_use_flag, coalesce(c.genname_codg, x.hilist_code) as generic, c.min_pac_cnt, c.daily_dose, c.dose_per_unit, p.gend, p.die_date,
    case when p.brdy <= x.fee_ocur_time::date then ({digits('x.fee_ocur_time')} - {digits('p.brdy')}) // 10000 end as years,
    case when p.brdy <= x.fee_ocur_time::date then x.fee_ocur_time::date - p.brdy end as age_days,
    i.lmtpric_hosp_lv as level, coalesce(e.med_type, s.med_type) as med_type, ty.is_stay, e.admission, e.discharge, e.dise_codg, greatest(1, e.discharge - e.admission) as nights,
    row_number() over (order by x.psn_no, x.fee_ocur_time, x.bkkp_sn) as place
  from lines x left join visits e on e.mdtrt_id = x.mdtrt_id left join settlements s on s.setl_id = x.setl_id left join persons p on p.psn_no = x.psn_no
  left join institutions i on i.fixmedins_code = x.fixmedins_code and {in_force('i', 'x.fee_ocur_time::date')}
  left join catalogue c on c.hilist_code = x.hilist_code and {in_force('c', 'x.fee_ocur_time::date')}
  left join typed ty on ty.med_type = coalesce(e.med_type, s.med_type) and ty.day = x.fee_ocur_time::date;
create or replace table stays as select v.*, row_number() over (partition by v.psn_no order by v.begntime, v.endtime nulls last, v.mdtrt_id) as place
  from visits v join typed ty on ty.med_type = v.med_type and ty.day = v.admission where ty.is_stay;
create or replace table diagnosed as select mdtrt_id, diag_code from diagnoses union select mdtrt_id, dscg_maindiag_code from encounters where dscg_maindiag_code is not null;
create or replace table main_diagnosis as select v.mdtrt_id, coalesce(v.dscg_maindiag_code, (select min(g.diag_code) from diagnoses g where g.mdtrt_id = v.mdtrt_id and g.maindiag_flag = '1')) as code from visits v;
create or replace table supplied as
  with kinds as (select l.*, coalesce((select min(k.kind) from supply_kind k where k.dise_codg = l.dise_codg and {in_force('k', 'l.d')}),
        (select min(k.kind) from supply_kind k where k.med_type = l.med_type and {in_force('k', 'l.d')})) as kind
      from l where l.list_type in ('101', '102', '103', '104', '106') and not l.is_stay),
    fractions as (select *, case when days > 0 then (days * 100)::hugeint
        when min_pac_cnt > 0 and dose_per_unit > 0 and daily_dose > 0 then (cnt * 10000)::hugeint * (min_pac_cnt * 10000)::hugeint * (dose_per_unit * 1000000)::hugeint end as numerator,
        case when days > 0 then 100::hugeint else (daily_dose * 1000000)::hugeint * 100000000 end as denominator from kinds where kind is not null)
  select *, (numerator * 10000 // denominator)::bigint as lasts from fractions where numerator is not null and numerator * 10000 // denominator > 0;""")


def excess(lines, key):
    """lines: of l, with lim; the units above it, the latest first."""
    return f"""select sn, least(cnt, running - lim) as q from (select *, sum(cnt) over (partition by {key} order by place rows unbounded preceding) as running from ({lines})) where running > lim"""


def joined(table, more=""):
    return f"l join {table} r on r.hilist_code = l.item and {in_force('r', 'l.d')} {more}"


WINDOW = "case r.\"window\" when 'day' then l.d when 'month' then date_trunc('month', l.d) when 'quarter' then date_trunc('quarter', l.d) else date_trunc('year', l.d) end as period"
WHO = "case r.per when 'person' then 'p' || l.psn else 'e' || l.enc end as who"


def contained(window, key):
    """Rows of `contained` with one window: as many of b as there are of a, from the last b back."""
    return f"""select b.sn, least(b.cnt, a.units - (b.back - b.cnt)) as q from
      (select {key}, r.item_a, r.item_b, sum(l.cnt) as units from l join contained r on r.item_a = l.item and r."window" = '{window}' and {in_force('r', 'l.d')} group by all) a join
      (select {key}, r.item_a, r.item_b, l.sn, l.cnt, sum(l.cnt) over (partition by {key}, r.item_a, r.item_b order by l.place desc rows unbounded preceding) as back
        from l join contained r on r.item_b = l.item and r."window" = '{window}' and {in_force('r', 'l.d')} where r.item_a <> r.item_b) b
      using ({key.replace('l.', '')}, item_a, item_b) where a.units > b.back - b.cnt"""


def in_set(name, code):
    return f"exists (from diagnosis_set s where s.set = '{name}' and starts_with({code}, s.diag_code) and {in_force('s', 'b.admission')})"


# Parameters with the values of the pack; read from its files by `parameters`.
RULES = {
    "unknown-item": f"select sn from l where not listed or item in (select hilist_code from placeholder r where {in_force('r', 'l.d')})",
    "out-of-catalogue": "select sn from l where scp > 0 and (class = '03' or med_use_flag = '0')",
    "price-ceiling": f"""select l.sn, min(r.hilist_pric_uplmt_amt) as p from {joined('price_limits')} where (r.lmtpric_hosp_lv is null or r.lmtpric_hosp_lv = l.level)
        and l.pric > r.hilist_pric_uplmt_amt group by l.sn""",
    "amount-mismatch": "select sn, round(cnt * pric, 2) as a from l where amt > round(cnt * pric, 2) + {tolerance}",
    "sex-mismatch": f"select distinct l.sn from {joined('item_sex')} where l.gend in ('1', '2') and l.gend <> r.gend",
    "age-outside": f"""select distinct l.sn from {joined('item_age')} where (r.unit = 'year' and (coalesce(years < r.age_min::int, false) or coalesce(years >= r.age_max::int, false)))
        or (r.unit = 'day' and (coalesce(age_days < r.age_min::int, false) or coalesce(age_days >= r.age_max::int, false)))""",
    "institution-level": f"select distinct l.sn from {joined('item_level')} where l.level < r.level_min::int",
    "visit-type": f"select l.sn from {joined('item_visit')} group by l.sn having not bool_or(starts_with(l.med_type, r.med_type))",
    "outside-stay": "select sn from l where is_stay and (d < admission or d > discharge) and dscg_tkdrug_flag is distinct from '1'",
    "after-death": "select sn from l where die_date < d",
    "daily-quantity": excess(f"""select l.*, r.max::decimal(16,4) as lim, {WHO}, {WINDOW} from {joined('item_quantity')} where r."window" = 'day'""", 'who, item, period'),
    "month-quantity": excess(f"""select l.*, r.max::decimal(16,4) as lim, r."window" as kind, {WHO}, {WINDOW} from {joined('item_quantity')} where r."window" in ('month', 'quarter', 'year')""",
                             "who, item, kind, period"),
    "hours-over-day": excess(f"select l.*, {{day_hours}}::decimal(16,4) as lim from {joined('item_hours')}", "psn, item, d"),
    "stay-days": excess(f"select l.*, r.per_day::decimal(16,4) * (l.nights + {{allowance_days}}) as lim from {joined('item_stay_days')} where l.is_stay and l.discharge is not null", "enc, item"),
    # A hit use is not paid and delays no later one: each use looks at the paid ones before it, one after the other.
    "period-frequency": f"""with recursive uses as (select l.sn, l.psn, l.item, l.d, r.period_days::int as period, coalesce(r.max_count::int, 1) as most,
          row_number() over (partition by l.psn, l.item order by l.place) as n from {joined('item_period')}),
        walk as (select *, [d] as paid, false as hit from uses where n = 1
          union all select u.*, case when h.near > 0 and h.near >= u.most then w.paid else list_append(w.paid, u.d) end, h.near > 0 and h.near >= u.most
            from walk w join uses u on u.psn = w.psn and u.item = w.item and u.n = w.n + 1, lateral (select len(list_filter(w.paid, lambda x: u.d - x < u.period)) as near) h)
        select sn from walk where hit""",
    "same-line-twice": "select sn from l qualify row_number() over (partition by psn, inst, item, t, pric, cnt, order_no order by place) > 1",
    "contained-item": f"{contained('day', 'l.psn, l.inst, l.d')} union all {contained('stay', 'l.enc')}",
    "over-supply": f"""select sn, q from (select s.sn, s.cnt - least(s.cnt, ((r.days::hugeint * (s.cnt * 10000)::hugeint * s.denominator + s.numerator * 10000 - 1) // (s.numerator * 10000))::decimal(18,0)) as q
        from supplied s join supply_limit r on r.kind = s.kind and {in_force('r', 's.d')} where r.days::hugeint * s.denominator < s.numerator) where q > 0""",
    "early-refill": """with days as (select *, (d - date '1970-01-01')::bigint * 10000 as today, case when kind = 'chronic' then {chronic_allowance_days} else {allowance_days} end * 10000 as allowance,
          sum(lasts) over (partition by psn, generic order by place rows unbounded preceding) as given from supplied),
        until as (select *, given + max(today - (given - lasts)) over (partition by psn, generic order by place rows unbounded preceding) as until from days),
        over as (select *, greatest(0, lag(until) over (partition by psn, generic order by place) - today) - allowance as over from until)
        select sn, ((cnt * 10000)::hugeint * least(over, lasts) // lasts)::decimal(18,0) * 0.0001::decimal(4,4) as q from over where over > 0""",
    "split-stay": f"""with former as (select b.*, lag(mdtrt_id) over w as mdtrt_before, lag(discharge) over w as left_on, lag(dscg_way) over w as way_before from stays b window w as (partition by psn_no, fixmedins_code order by place))
        select l.sn from l join former b on b.mdtrt_id = l.enc join main_diagnosis ma on ma.mdtrt_id = b.mdtrt_before join main_diagnosis mb on mb.mdtrt_id = b.mdtrt_id
        where b.admission - b.left_on between 0 and {{window_days}} and left(ma.code, 3) = left(mb.code, 3)
          and not exists (from diagnosed g where g.mdtrt_id = b.mdtrt_id and {in_set('planned_cycle', 'g.diag_code')})
          and b.way_before is distinct from '2' and b.ipt_type is distinct from '2' and b.otp_er_refl_flag is distinct from '1' and b.med_type <> '24'
          and b.med_type <> '52' and not {in_set('obstetric', 'mb.code')} and b.dscg_way is distinct from '5'""",
    "overlap-stay": "select sn from l where enc in (select b.mdtrt_id from stays b join stays a on a.psn_no = b.psn_no and a.place < b.place and b.admission < a.discharge)",
    "visit-during-stay": "select sn from l where not is_stay and exists (from stays s where s.psn_no = l.psn and s.fixmedins_code <> l.inst and s.admission < l.d and l.d < s.discharge)",
    "sold-over-stock": excess("""select l.*, v.lim from l join (select fixmedins_code, med_list_codg, ceil(greatest(sum(cnt), 0) * (1 + {tolerance}::decimal(7,6)) * 10000)::decimal(20,0) * 0.0001::decimal(4,4) as lim
        from inventory group by all) v on v.fixmedins_code = l.inst and v.med_list_codg = l.stock_item""", "inst, stock_item"),
    "trace-reused": f"""with uses as (select distinct c.code, l.sn, l.place, l.cnt from l join (select drug_trac_codg as code, bkkp_sn, trdn_flag from trace_codes
            union all select trace, sn, null from l where trace is not null) c on c.bkkp_sn = l.sn
          where c.trdn_flag is distinct from '1' and not exists (from trace_exempt r where r.hilist_code = l.item and {in_force('r', 'l.d')})),
        later as (select * from uses qualify place > min(place) over (partition by code))
        select sn, least(any_value(cnt), count(*)) as q from later group by sn""",
}


def parameters(pack, rule):
    """Values of a rule's parameters, and the day from which it holds."""
    for family in sorted(os.listdir(pack)):
        path = os.path.join(pack, family, rule + ".toml")
        if os.path.exists(path):
            with open(path, "rb") as file:
                told = tomllib.load(file)
            params = told.get("params", {})
            return {name: param.get("value") for name, param in params.items()}, told["from"], told["status"]
    sys.exit(f"the pack has no rule {rule}")


def rules_of(pack):
    found = []
    for family in sorted(os.listdir(pack)):
        folder = os.path.join(pack, family)
        if os.path.isdir(folder) and family != "tables":
            found += [file.removesuffix(".toml") for file in os.listdir(folder) if file.endswith(".toml")]
    return sorted(found)


def answer(db, pack, rule):
    """Lines cut and fen each alone; the hits stay in table hits."""
    values, since, _ = parameters(pack, rule)
    query = RULES[rule]
    for name, value in values.items():
        query = query.replace("{" + name + "}", str(value))
    columns = {row[0] for row in db.execute(f"describe {query}").fetchall()}
    cut = lambda name, kind: f"h.{name}::{kind}" if name in columns else f"null::{kind}"
    whole = not columns & set("qpa")
    db.execute(f"""create or replace table hits as select sn, q, amt - case when {whole} then 0 else least(amt, round((cnt - coalesce(q, 0)) * least(pric, coalesce(p, pric)), 2), coalesce(a, amt)) end as alone from
        (select l.sn, l.cnt, l.pric, l.amt, {cut('q', 'decimal(18,4)')} as q, {cut('p', 'decimal(16,6)')} as p, {cut('a', 'decimal(16,2)')} as a from ({query}) h join l on l.sn = h.sn where l.d >= date '{since}')""")
    return db.execute("select count(*), (coalesce(sum(alone), 0) * 100)::bigint from hits").fetchall()[0]


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("folder")
    ask.add_argument("--lines", type=int, default=200_000)
    ask.add_argument("--seed", type=int, default=7)
    ask.add_argument("--jihe", default=os.environ.get("JIHE") or os.path.join(ROOT, "target", "release", "jihe"))
    ask.add_argument("--pack", default=os.path.join(ROOT, "rules", "national"))
    ask.add_argument("--only")
    ask.add_argument("--show", action="store_true", help="show the lines that differ")
    args = ask.parse_args()
    months = lambda: [os.path.join(args.folder, "month")] if os.path.isdir(os.path.join(args.folder, "month")) else sorted(glob.glob(os.path.join(args.folder, "months", "*")))
    if not months():
        subprocess.run([args.jihe, "synth", args.folder, "--lines", str(args.lines), "--seed", str(args.seed)], check=True, stdout=subprocess.DEVNULL)
    known = rules_of(args.pack)
    wanted = args.only.split(",") if args.only else [rule for rule in known if rule in RULES]
    differing = 0
    for source in months():
        month, reference = os.path.basename(source), os.path.join(args.folder, "reference")
        with tempfile.TemporaryDirectory() as out:
            words = [args.jihe, "score", source, "--rules", args.pack, "--reference", reference, "--out", out, "--quiet"]
            status = subprocess.run(words, stdout=subprocess.DEVNULL).returncode
            if status > 1:
                sys.exit(f"jihe ended with {status}")
            db = duckdb.connect()
            db.execute(f"""create table told as select f.rule_id, l.bkkp_sn as sn, l.cut_value as q, l.vola_amt as alone from '{out}/finding_lines.parquet' l
                join '{out}/findings.parquet' f using (jr_id) where l.vola_item_type = '1'""")
            aside = db.execute(f"select count(*) from '{out}/quarantine.parquet'").fetchall()[0][0]
        if aside:
            print(f"{month}: jihe put {aside} rows aside, which the queries do not")
        for name in ("lines", "settlements", "encounters", "diagnoses", "persons", "trace_codes"):
            read(db, source, name, False)
        for name in ("institutions", "catalogue", "price_limits", "inventory"):
            read(db, reference, name, True)
        knowledge(db, args.pack)
        net(db)
        prepare(db)
        n_lines = db.execute("select count(*) from l").fetchall()[0][0]
        print(f"{month}: {n_lines} net lines with a quantity\n{'rule':20} {'jihe: lines':>12} {'yuan alone':>14} {'SQL: lines':>12} {'yuan alone':>14}")
        for rule in wanted:
            here = answer(db, args.pack, rule)
            there = db.execute("select count(*), (coalesce(sum(alone), 0) * 100)::bigint from told where rule_id = ?", [rule]).fetchall()[0]
            apart = db.execute("""select coalesce(a.sn, b.sn), a.n, a.fen, b.n, b.fen from (select sn, count(*) as n, sum(alone) as fen from told where rule_id = ? group by 1) a
                full join (select sn, count(*) as n, sum(alone) as fen from hits group by 1) b on a.sn = b.sn where a.n is distinct from b.n or a.fen is distinct from b.fen order by 1""", [rule]).fetchall()
            differing += bool(apart)
            word = "same" if not apart else f"{len(apart)} lines differ"
            print(f"{rule:20} {there[0]:>12} {Decimal(there[1]) / 100:>14} {here[0]:>12} {Decimal(here[1]) / 100:>14}  {word}")
            if args.show:
                for sn, *numbers in apart[:10]:
                    print(f"    {sn}: jihe {numbers[:2]}, SQL {numbers[2:]}")
        missing = [rule for rule in known if rule not in RULES]
        if missing and not args.only:
            print("no query for: " + ", ".join(missing))
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
