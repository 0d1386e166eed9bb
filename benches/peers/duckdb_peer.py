#!/usr/bin/env python3
"""The sixteen rules in DuckDB, over jihe's own tables.

    python duckdb_peer.py DIR [--variant tuned|plain] [--threads 2] [--csv] [--out FILE] [--json FILE]

tuned: whole-number keys, and groups that break a limit found by aggregation before any window is computed; one pass for
all tests of single lines was tried and is slower than one each. plain: one query a rule over the files as they are, with their own text keys.

Quantities, prices and money stay Decimal, in which DuckDB counts exactly; a cut becomes money as in jihe:
refused = billed - min(billed, round((cnt - q) * min(pric, p), 2)), which rounds half away from zero.
"""
import os

import duckdb

from clock import ORDER, RULES, Clock, arguments

# The text columns of CSV tables; the rest is found out by name below.
NUMBERS = {"cnt": "decimal(16,4)", "pric": "decimal(16,6)", "prd_days": "decimal(6,2)", "brdy": "date", "hilist_pric_uplmt_amt": "decimal(16,6)"}


def column_type(name):
    if name in NUMBERS:
        return NUMBERS[name]
    if name.endswith("_amt") or name.endswith("_sumamt"):
        return "decimal(16,2)"
    if name.endswith("time"):
        return "timestamp"
    return "varchar"


class Files:
    def __init__(self, args):
        self.data = args.data
        self.month = os.path.join(args.data, "month-csv" if args.csv else "month")

    def month_table(self, name):
        parquet = os.path.join(self.month, name + ".parquet")
        if os.path.exists(parquet):
            return f"read_parquet('{parquet}')"
        path = os.path.join(self.month, name + ".csv")
        with open(path) as file:
            header = file.readline().strip().split(",")
        columns = ", ".join(f"'{name}': '{column_type(name)}'" for name in header)
        return f"read_csv('{path}', header=true, delim=',', quote='', auto_detect=false, columns={{{columns}}})"

    def reference(self, name):
        return f"read_parquet('{self.data}/reference/{name}.parquet')"

    def table(self, name):
        path = os.path.join(self.data, "pack", "tables", name + ".csv")
        with open(path) as file:
            header = file.readline().strip().split(",")
        columns = ", ".join(f"'{column}': 'varchar'" for column in header)
        return f"read_csv('{path}', header=true, delim=',', quote='', auto_detect=false, columns={{{columns}}})"


# Money of a cut, for a hit that carries the cnt, pric and amt of its line.
WHOLE = "amt"
UNITS = "amt - least(amt, round((cnt - q) * pric, 2))"
PRICE = "amt - least(amt, round(cnt * p, 2))"
NO_Q, NO_P = "cast(0 as decimal(16,4))", "cast(null as decimal(16,6))"
# What hits of each kind of cut hold: sn, inst, cnt, pric, amt, whole, q, p, alone, holds
LINE = "sn, inst, cnt, pric, amt"


def whole(source, holds="false"):
    return f"select {LINE}, true as whole, {NO_Q} as q, {NO_P} as p, {WHOLE} as alone, {holds} as holds from ({source})"


def units(source):
    """source: lines with q, the units cut."""
    return f"select {LINE}, false, cast(q as decimal(16,4)), {NO_P}, {UNITS}, false from ({source})"


def price(source):
    """source: lines with p, the price that is payable."""
    return f"select {LINE}, false, {NO_Q}, p, {PRICE}, false from ({source})"


# ------------------------------------------------------------------------------------------------------------ tuned

def load(db, files, clock):
    db.execute(f"""
create temp table items as
  select row_number() over ()::int as item, c.hilist_code as code, c.list_type in ('101', '102') as drug, c.list_type in ('101', '102', '301') as stocked,
    coalesce(c.genname_codg, c.hilist_code) as generic_code, s.gend, a.age_min::int as age_min, a.age_max::int as age_max,
    l.level_min::int as level_min, v.hilist_code is not null as stay_only, o.hilist_code is not null as once,
    qd.max::decimal(16,4) as daily, qm.max::decimal(16,4) as monthly, sd.per_day::decimal(16,4) as per_day, p.p1, p.p2, p.p3
  from {files.reference('catalogue')} c
  left join {files.table('item_sex')} s using (hilist_code)
  left join {files.table('item_age')} a using (hilist_code)
  left join {files.table('item_level')} l using (hilist_code)
  left join (select distinct hilist_code from {files.table('item_visit')}) v using (hilist_code)
  left join {files.table('item_period')} o using (hilist_code)
  left join (from {files.table('item_quantity')} where "window" = 'day') qd using (hilist_code)
  left join (from {files.table('item_quantity')} where "window" = 'month') qm using (hilist_code)
  left join {files.table('item_stay_days')} sd using (hilist_code)
  left join (select hilist_code, max(hilist_pric_uplmt_amt) filter (lmtpric_hosp_lv = '1') as p1, max(hilist_pric_uplmt_amt) filter (lmtpric_hosp_lv = '2') as p2,
      max(hilist_pric_uplmt_amt) filter (lmtpric_hosp_lv = '3') as p3 from {files.reference('price_limits')} group by all) p using (hilist_code);
create temp table c as select * exclude (code, generic_code), dense_rank() over (order by generic_code)::int as generic from items;
create temp table persons as select row_number() over (order by psn_no)::int as psn, psn_no as code, gend,
    (year(brdy) * 10000 + month(brdy) * 100 + day(brdy))::int as born from {files.month_table('persons')};
create temp table p as select psn, gend, born from persons;
create temp table institutions as select row_number() over ()::int as inst, fixmedins_code as code, lmtpric_hosp_lv::int as level from {files.reference('institutions')};
create temp table m as select inst, level from institutions;
create temp table encounters as
  select row_number() over ()::int as mdtrt, e.mdtrt_id as code, persons.psn, institutions.inst, t.med_type is not null as is_stay, l.days::int as supply_limit,
    e.begntime as bt, e.endtime as et, (e.begntime::date - date '1970-01-01')::int as bd, (e.endtime::date - date '1970-01-01')::int as ed, left(e.dscg_maindiag_code, 3) as diagnosis
  from {files.month_table('encounters')} e join persons on persons.code = e.psn_no join institutions on institutions.code = e.fixmedins_code
  left join {files.table('inpatient')} t on starts_with(e.med_type, t.med_type)
  left join {files.table('supply_kind')} k on k.med_type = e.med_type left join {files.table('supply_limit')} l on l.kind = k.kind;
create temp table e as select * exclude (code, supply_limit, diagnosis, bt, et), greatest(1, ed - bd) as nights from encounters;
create temp table stays as select mdtrt, psn, inst, bd, ed, diagnosis, row_number() over (partition by psn order by bt, et nulls last, code) as place from encounters where is_stay;
create temp table x as select a.item as item_a, b.item as item_b from {files.table('contained')} q join items a on a.code = q.item_a join items b on b.code = q.item_b;
create temp table v as select institutions.inst, items.item, greatest(sum(q.cnt), 0)::decimal(16,4) as available from {files.reference('inventory')} q
  join institutions on institutions.code = q.fixmedins_code join items on items.code = q.med_list_codg group by all;""")
    clock.lap("dimensions")
    db.execute(f"""
create temp table f as
  select l.bkkp_sn::bigint as sn, e.mdtrt, e.psn, e.inst, e.is_stay, e.supply_limit, i.item, (epoch_us(l.fee_ocur_time) // 1000000)::int as t, (l.fee_ocur_time::date - date '1970-01-01')::int as d,
    l.cnt, l.pric, l.det_item_fee_sumamt as amt, l.prd_days as days, l.rx_drord_no as order_no, l.drug_trac_codg as trace
  from {files.month_table('lines')} l join encounters e on e.code = l.mdtrt_id join items i on i.code = l.hilist_code where l.cnt > 0""")
    clock.lap("lines")


def excess(groups, keys, extra=""):
    """groups: keys and lim of the groups over their limit; the latest units of their lines are cut."""
    on = " and ".join(f"g.{key} = f.{key}" for key in keys)
    by = ", ".join(f"f.{key}" for key in keys)
    return units(f"""select *, least(cnt, running - lim) as q from (
        select f.sn, f.inst, f.cnt, f.pric, f.amt, g.lim, sum(f.cnt) over (partition by {by} order by f.psn, f.t, f.sn rows unbounded preceding)::decimal(16,4) as running
        from ({groups}) g join f on {on} {extra}) where running > lim""")


def tuned_rules():
    month = "month(date '1970-01-01' + f.d)"
    today = "(year(date '1970-01-01' + f.d) * 10000 + month(date '1970-01-01' + f.d) * 100 + day(date '1970-01-01' + f.d))"
    age = f"(({today} - p.born) // 10000)"
    ceiling = "case m.level when 1 then c.p1 when 2 then c.p2 else c.p3 end"
    packs = "((f.supply_limit * f.cnt * 100)::bigint + (f.days * 100)::bigint - 1) // (f.days * 100)::bigint"
    return {
        "sex": whole("select f.* from f join c on c.item = f.item join p on p.psn = f.psn where c.gend <> p.gend"),
        "age": whole(f"""select f.* from f join c on c.item = f.item join p on p.psn = f.psn
            where (c.age_min is not null or c.age_max is not null) and (coalesce({age} < c.age_min, false) or coalesce({age} >= c.age_max, false))"""),
        "setting": whole("""select f.* from f join c on c.item = f.item join m on m.inst = f.inst
            where c.level_min is not null and (m.level < c.level_min or (c.stay_only and not f.is_stay))"""),
        "price": price(f"select f.*, {ceiling} as p from f join c on c.item = f.item join m on m.inst = f.inst where f.pric > least(c.p1, c.p2, c.p3) and f.pric > {ceiling}"),
        "days-supply": units(f"select * from (select f.*, f.cnt - least(f.cnt, {packs}) as q from f join c on c.item = f.item where c.drug and f.days > f.supply_limit) where q > 0"),
        "same-line": whole("""with g as (select psn, item, t from f group by all having count(*) > 1),
            s as (select f.* from g join f on g.psn = f.psn and g.item = f.item and g.t = f.t)
          select * from s qualify row_number() over (partition by psn, inst, item, t, cnt, pric, order_no order by sn) > 1"""),
        "once-a-day": whole("select f.* from f join c on c.item = f.item where c.once qualify row_number() over (partition by f.psn, f.item, f.d order by f.t, f.sn) > 1"),
        "daily": excess("select f.mdtrt, f.item, f.d, c.daily as lim from f join c on c.item = f.item where c.daily is not null group by all having sum(f.cnt) > c.daily",
                        ["mdtrt", "item", "d"]),
        "stay": excess("""select f.mdtrt, f.item, c.per_day * e.nights as lim from f join c on c.item = f.item join e on e.mdtrt = f.mdtrt
            where e.is_stay and c.per_day is not null group by all having sum(f.cnt) > c.per_day * e.nights""", ["mdtrt", "item"]),
        "monthly": excess(f"""select f.psn, f.item, year(date '1970-01-01' + f.d) * 12 + {month} as month, c.monthly as lim from f join c on c.item = f.item
            where c.monthly is not null group by all having sum(f.cnt) > c.monthly""", ["psn", "item"], f"and g.month = year(date '1970-01-01' + f.d) * 12 + {month}")
        .replace("partition by f.psn, f.item", "partition by f.psn, f.item, g.month"),
        "contained": units("""with ab as (select b.psn, b.inst, b.d, x.item_a, x.item_b, b.sn as sn_b, a.sn as sn_a, a.cnt from f b join x on x.item_b = b.item
              join f a on a.psn = b.psn and a.inst = b.inst and a.d = b.d and a.item = x.item_a where x.item_a <> x.item_b),
            ga as (select psn, inst, d, item_a, item_b, sum(cnt) as units_a from (select distinct psn, inst, d, item_a, item_b, sn_a, cnt from ab) group by all),
            b as (select distinct psn, inst, d, item_a, item_b, sn_b from ab),
            lb as (select f.sn, f.inst, f.cnt, f.pric, f.amt, ga.units_a, sum(f.cnt) over (partition by b.psn, b.inst, b.d, b.item_a, b.item_b order by f.t desc, f.sn desc rows unbounded preceding) as back
              from b join f on f.sn = b.sn_b join ga on ga.psn = b.psn and ga.inst = b.inst and ga.d = b.d and ga.item_a = b.item_a and ga.item_b = b.item_b)
          select *, least(cnt, units_a - (back - cnt)) as q from lb where units_a > back - cnt"""),
        "refill": units("""with s as (select f.*, c.generic, (f.days * 100)::bigint as dd from f join c on c.item = f.item where c.drug and f.supply_limit is not null and f.days > 0),
            g as (select psn, generic from s group by all having count(*) > 1),
            w as (select s.*, sum(dd) over w as given from s join g on g.psn = s.psn and g.generic = s.generic window w as (partition by s.psn, s.generic order by s.t, s.sn rows unbounded preceding)),
            u as (select *, given + max(d::bigint * 100 - (given - dd)) over (partition by psn, generic order by t, sn rows unbounded preceding) as until from w),
            h as (select *, lag(until) over (partition by psn, generic order by t, sn) - d::bigint * 100 - 700 as over from u)
          select *, ((cnt * 10000)::bigint * least(over, dd) // dd)::decimal(18,0) * 0.0001 as q from h where over > 0"""),
        "split": whole("""with s as (select *, lag(ed) over w as before, lag(diagnosis) over w as diagnosis_before from stays window w as (partition by psn, inst order by place))
          select f.* from s join f on f.mdtrt = s.mdtrt where s.bd - s.before between 0 and 10 and s.diagnosis = s.diagnosis_before"""),
        "overlap": whole("""select f.*, o.holds as h from (select b.mdtrt, not bool_or(a.inst <> b.inst) as holds from stays b
            join stays a on a.psn = b.psn and a.place < b.place and b.bd < a.ed group by all) o join f on f.mdtrt = o.mdtrt""", "h"),
        "bought": excess("""select f.inst, f.item, v.available as lim from (select f.inst, f.item, sum(f.cnt) as total from f join c on c.item = f.item where c.stocked group by all) f
            join v on v.inst = f.inst and v.item = f.item where f.total > v.available""", ["inst", "item"]),
        "trace": units("""select f.*, least(f.cnt, 1) as q from (select trace from f where trace is not null group by all having count(*) > 1) g join f on f.trace = g.trace
            qualify row_number() over (partition by f.trace order by f.psn, f.t, f.sn) > 1"""),
    }


def tuned(db, files, clock):
    load(db, files, clock)
    for rule, query in tuned_rules().items():
        insert(db, rule, query)
        clock.lap(rule)


# ------------------------------------------------------------------------------------------------------------ plain

def plain_rules():
    line = "l.bkkp_sn as sn, l.fixmedins_code as inst, l.cnt, l.pric, l.det_item_fee_sumamt as amt"
    order = "order by l.psn_no, l.fee_ocur_time, l.bkkp_sn"
    running = "rows unbounded preceding"
    stay = "exists (from inpatient t where starts_with(e.med_type, t.med_type))"
    stays = f"(select e.*, cast(e.begntime as date) as bd, cast(e.endtime as date) as ed, row_number() over (partition by psn_no order by begntime, endtime nulls last, mdtrt_id) as place from encounters e where {stay})"
    supplied = "join catalogue c using (hilist_code) join encounters e on e.mdtrt_id = l.mdtrt_id join supply_kind k on k.med_type = e.med_type"

    def excess(source):
        return units(f"select *, least(cnt, running - lim) as q from ({source}) where running > lim")

    def upto(keys):
        return f"cast(sum(l.cnt) over (partition by {keys} {order} {running}) as decimal(16,4)) as running"

    return {
        "sex": whole(f"select {line} from lines l join item_sex s using (hilist_code) join persons p on p.psn_no = l.psn_no where s.gend <> p.gend"),
        "age": whole(f"""select {line} from lines l join item_age a using (hilist_code) join persons p on p.psn_no = l.psn_no
            where date_sub('year', p.brdy, cast(l.fee_ocur_time as date)) < a.age_min::int or date_sub('year', p.brdy, cast(l.fee_ocur_time as date)) >= a.age_max::int"""),
        "setting": whole(f"""select {line} from lines l join item_level i using (hilist_code) join institutions m on m.fixmedins_code = l.fixmedins_code join encounters e on e.mdtrt_id = l.mdtrt_id
            where m.lmtpric_hosp_lv::int < i.level_min::int or (l.hilist_code in (select hilist_code from item_visit) and not {stay})"""),
        "price": price(f"""select {line}, c.hilist_pric_uplmt_amt as p from lines l join institutions m on m.fixmedins_code = l.fixmedins_code
            join price_limits c on c.hilist_code = l.hilist_code and c.lmtpric_hosp_lv = m.lmtpric_hosp_lv where l.pric > c.hilist_pric_uplmt_amt"""),
        "same-line": whole(f"""select {line} from lines l qualify row_number() over (partition by l.psn_no, l.fixmedins_code, l.hilist_code, l.fee_ocur_time, l.cnt, l.pric, l.rx_drord_no order by l.bkkp_sn) > 1"""),
        "once-a-day": whole(f"""select {line} from lines l join item_period i using (hilist_code)
            qualify row_number() over (partition by l.psn_no, l.hilist_code, cast(l.fee_ocur_time as date) {order}) > 1"""),
        "daily": excess(f"""select {line}, i.max::decimal(16,4) as lim, {upto('l.mdtrt_id, l.hilist_code, cast(l.fee_ocur_time as date)')}
            from lines l join item_quantity i using (hilist_code) where i."window" = 'day'"""),
        "stay": excess(f"""select {line}, i.per_day::decimal(16,4) * greatest(1, date_diff('day', cast(e.begntime as date), cast(e.endtime as date))) as lim, {upto('l.mdtrt_id, l.hilist_code')}
            from lines l join item_stay_days i using (hilist_code) join encounters e on e.mdtrt_id = l.mdtrt_id where {stay}"""),
        "monthly": excess(f"""select {line}, i.max::decimal(16,4) as lim, {upto("l.psn_no, l.hilist_code, date_trunc('month', l.fee_ocur_time)")}
            from lines l join item_quantity i using (hilist_code) where i."window" = 'month'"""),
        "contained": units(f"""with a as (select psn_no, fixmedins_code, cast(fee_ocur_time as date) as d, hilist_code, sum(cnt) as units_a from lines
              where hilist_code in (select item_a from contained) group by all),
            b as (select {line}, a.units_a, sum(l.cnt) over (partition by l.psn_no, l.fixmedins_code, a.d, x.item_a, x.item_b order by l.fee_ocur_time desc, l.bkkp_sn desc {running}) as back
              from lines l join contained x on x.item_b = l.hilist_code join a on a.psn_no = l.psn_no and a.fixmedins_code = l.fixmedins_code and a.d = cast(l.fee_ocur_time as date) and a.hilist_code = x.item_a
              where x.item_a <> x.item_b)
          select *, least(cnt, units_a - (back - cnt)) as q from b where units_a > back - cnt"""),
        "days-supply": units(f"""select *, cnt - least(cnt, ((lim * cnt * 100)::bigint + (days * 100)::bigint - 1) // (days * 100)::bigint) as q from (
            select {line}, l.prd_days as days, s.days::int as lim from lines l {supplied} join supply_limit s on s.kind = k.kind
            where c.list_type in ('101', '102') and l.prd_days > s.days::int) where q > 0"""),
        "refill": units(f"""with s as (select {line}, l.psn_no, coalesce(c.genname_codg, l.hilist_code) as generic, l.fee_ocur_time as t, (l.fee_ocur_time::date - date '1970-01-01') * 100::bigint as d,
              (l.prd_days * 100)::bigint as dd, sum((l.prd_days * 100)::bigint) over (partition by l.psn_no, coalesce(c.genname_codg, l.hilist_code) order by l.fee_ocur_time, l.bkkp_sn {running}) as given
              from lines l {supplied} where c.list_type in ('101', '102') and l.prd_days > 0),
            u as (select *, given + max(d - (given - dd)) over (partition by psn_no, generic order by t, sn {running}) as until from s),
            h as (select *, lag(until) over (partition by psn_no, generic order by t, sn) - d - 700 as over from u)
          select *, ((cnt * 10000)::bigint * least(over, dd) // dd)::decimal(18,0) * 0.0001 as q from h where over > 0"""),
        "split": whole(f"""select {line} from lines l join (select * from (select mdtrt_id, bd, left(dscg_maindiag_code, 3) as diagnosis, lag(ed) over w as before, lag(left(dscg_maindiag_code, 3)) over w as diagnosis_before
            from {stays} window w as (partition by psn_no, fixmedins_code order by place)) where date_diff('day', before, bd) between 0 and 10 and diagnosis = diagnosis_before) s using (mdtrt_id)"""),
        "overlap": whole(f"""select {line}, o.holds as h from lines l join (select b.mdtrt_id, not bool_or(a.fixmedins_code <> b.fixmedins_code) as holds from {stays} b
            join {stays} a on a.psn_no = b.psn_no and a.place < b.place and b.bd < a.ed group by all) o using (mdtrt_id)""", "h"),
        "bought": excess(f"""select {line}, v.available as lim, {upto('l.fixmedins_code, l.hilist_code')} from lines l join catalogue c using (hilist_code)
            join (select fixmedins_code, med_list_codg, greatest(sum(cnt), 0)::decimal(16,4) as available from inventory group by all) v on v.fixmedins_code = l.fixmedins_code and v.med_list_codg = l.hilist_code
            where c.list_type in ('101', '102', '301')"""),
        "trace": units(f"""select {line}, least(l.cnt, 1) as q from lines l where l.drug_trac_codg is not null
            qualify row_number() over (partition by l.drug_trac_codg {order}) > 1"""),
    }


def plain(db, files, clock):
    for name in ("persons", "encounters"):
        db.execute(f"create temp view {name} as from {files.month_table(name)}")
    db.execute(f"create temp view lines as from {files.month_table('lines')} where cnt > 0")
    for name in ("institutions", "catalogue", "price_limits", "inventory"):
        db.execute(f"create temp table {name} as from {files.reference(name)}")
    for name in ("item_sex", "item_age", "item_level", "item_visit", "item_period", "item_quantity", "item_stay_days", "contained", "inpatient", "supply_kind", "supply_limit"):
        db.execute(f"create temp table {name} as from {files.table(name)}")
    clock.lap("reference")
    for rule, query in plain_rules().items():
        insert(db, rule, query)
        clock.lap(rule)


# ------------------------------------------------------------------------------------------------------- both, and out

def insert(db, rule, query):
    db.execute(f"insert into hits select {ORDER.index(rule)}, * from ({query})")


def main():
    args = arguments(["tuned", "plain"])
    clock = Clock()
    db = duckdb.connect()
    db.execute(f"set threads={args.threads}; set preserve_insertion_order=false")
    files = Files(args)
    key, place = ("bigint", "int") if args.variant == "tuned" else ("varchar", "varchar")
    db.execute(f"""create temp table hits (rule int, sn {key}, inst {place}, cnt decimal(16,4), pric decimal(16,6), amt decimal(16,2), whole boolean, q decimal(16,4), p decimal(16,6),
        alone decimal(16,2), holds boolean)""")
    {"tuned": tuned, "plain": plain}[args.variant](db, files, clock)
    name = "case rule " + " ".join(f"when {at} then '{rule}'" for at, rule in enumerate(ORDER)) + " end"
    db.execute("""create temp table refused as select * from (
        select sn, inst, min(rule) as rule, any_value(cnt) as cnt, any_value(amt) as amt, case when bool_or(whole) then any_value(cnt) else max(q) end as refused_cnt,
          any_value(amt) - case when bool_or(whole) then 0 else least(any_value(amt), round((any_value(cnt) - max(q)) * least(any_value(pric), min(p)), 2)) end as refused_amt
        from hits where not holds group by sn, inst) where refused_amt > 0""")
    clock.lap("together")
    code, join = ("m.code", "join institutions m on m.inst = r.inst") if args.variant == "tuned" else ("r.inst", "")
    if args.out:
        db.execute(f"""copy (select lpad(r.sn::varchar, 18, '0') as bkkp_sn, {code} as fixmedins_code, {name} as rule_id, r.amt as det_item_fee_sumamt, r.refused_cnt, r.refused_amt
            from refused r {join}) to '{args.out}' (format parquet)""")
        clock.lap("write")
    institutions, = db.execute(f"select count(*) from (select {code} as code, count(*) as n, sum(r.refused_amt) as amt from refused r {join} group by 1)").fetchone()
    clock.lap("institutions")
    rules = {rule: (n, fen) for rule, n, fen in db.execute(f"select {name}, count(*), (sum(alone) * 100)::bigint from hits group by 1").fetchall()}
    refused = db.execute("select count(*), (coalesce(sum(refused_amt), 0) * 100)::bigint from refused").fetchone()
    clock.report(args, "duckdb " + duckdb.__version__, rules, refused, institutions)
    if args.hits:
        db.execute(f"copy (select {name} as rule_id, sn::varchar as bkkp_sn, q, p, whole, alone from hits) to '{args.hits}' (format parquet)")


if __name__ == "__main__":
    main()
