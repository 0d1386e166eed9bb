"""The net month in DuckDB, for national_sql.py: reading, netting, and what the queries of national_rules.py share.

The month is netted first, as jihe does: void rows, repeated rows, cancelled settlements with their lines, and reversed
lines. The first three are SQL; reversals depend on each other in canonical order and are taken one by one in Python,
over the few lines concerned. Rows that jihe would quarantine are not looked for, nor is the dose that a line tells.
What the queries share is table net_lines, with what the catalogue, the person, the institution and the encounter
say of each on its day, and tables of stays, diagnoses, prescriptions and days of supply.
"""
import os
import sys

# Optional columns that a month or reference folder may lack.
OPTIONAL = {
    "lines": ["setl_id", "inscp_scp_amt", "med_list_codg", "list_type", "chrgitm_lv", "rx_drord_no", "init_feedetl_sn", "prd_days", "dscg_tkdrug_flag", "vali_flag", "drug_trac_codg",
        "medins_list_codg", "bilg_dr_codg", "hosp_appr_flag", "lmt_used_flag", "crte_time", "prsc_time", "drug_cnt", "med_chrgitm_type"],
    "settlements": ["med_type", "insutype", "setl_time", "refd_setl_flag", "init_setl_id", "vali_flag"],
    "encounters": ["insutype", "endtime", "dscg_maindiag_code", "dise_codg", "dscg_way", "ipt_type", "otp_er_refl_flag", "vali_flag"],
    "diagnoses": ["maindiag_flag"],
    "persons": ["gend", "brdy", "surv_stas", "die_date"],
    "trace_codes": ["trdn_flag"],
    "institutions": ["lmtpric_hosp_lv", "begntime", "endtime"],
    "catalogue": ["list_type", "med_chrgitm_type", "chrgitm_lv", "med_use_flag", "genname_codg", "min_pac_cnt", "daily_dose", "dose_per_unit"],
    "price_limits": ["lmtpric_hosp_lv"],
    "practitioners": ["begntime", "endtime"],
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
    "practitioners": ["prac_psn_code", "fixmedins_code"],
    "item_map": ["fixmedins_code", "medins_list_codg", "med_list_codg"],
}
TYPES = {
    "cnt": "decimal(16,4)", "drug_cnt": "decimal(16,4)", "pric": "decimal(16,6)", "det_item_fee_sumamt": "decimal(16,2)", "inscp_scp_amt": "decimal(16,2)", "prd_days": "decimal(6,2)",
    "fee_ocur_time": "timestamp", "crte_time": "timestamp", "prsc_time": "timestamp", "setl_time": "timestamp", "begntime": "timestamp", "endtime": "timestamp", "brdy": "date", "die_date": "date", "hilist_pric_uplmt_amt": "decimal(16,6)",
    "min_pac_cnt": "decimal(16,4)", "daily_dose": "decimal(16,6)", "dose_per_unit": "decimal(16,6)", "lmtpric_hosp_lv": "int", "begndate": "date", "enddate": "date",
}
KEYS = {"lines": "bkkp_sn", "settlements": "setl_id", "encounters": "mdtrt_id", "persons": "psn_no"}


def read(db, folder, name, dated):
    """A table of the folder with all columns that the queries may name, empty texts as missing; empty if there is none."""
    columns = REQUIRED[name] + OPTIONAL.get(name, []) + (["begndate", "enddate"] if dated else [])
    kinds = {column: TYPES.get(column, "varchar") for column in columns}
    parquet, text = (os.path.join(folder, name + ending) for ending in (".parquet", ".csv"))
    if os.path.exists(parquet):
        source = f"read_parquet('{parquet}')"
    elif os.path.exists(text):
        source = f"read_csv('{text}', header=true, delim=',', quote='\"', all_varchar=true)"
    elif name == "lines":
        sys.exit(f"no lines in {folder}")
    else:
        db.execute(f"create table {name} (" + ", ".join(f"{column} {kind}" for column, kind in kinds.items()) + ")")
        return
    there = {row[0]: row[1].lower() for row in db.execute(f"describe select * from {source}").fetchall()}
    cell = lambda column, kind: f"null::{kind}" if column not in there else f"nullif({column}, '')::{kind}" if there[column] == "varchar" else f"{column}::{kind}"
    # Void rows leave first.
    valid = "where vali_flag is null or vali_flag in ('', '1')" if "vali_flag" in there else ""
    db.execute(f"create table {name} as select {', '.join(f'{cell(*pair)} as {pair[0]}' for pair in kinds.items())} from {source} {valid}")
    if name in KEYS:
        key, content = KEYS[name], ", ".join(f"{column}::varchar" for column in sorted(there))
        # Equal rows are one; rows of one key with different contents, in whatever column, are none.
        db.execute(f"""create table twice as select {key} as key from {name} group by 1 having count(*) > 1;
create table sorts as select {key} as key, count(distinct row({content})) as n from (from {source} {valid}) where {key} in (from twice) group by 1;
create table kept as select min(rowid) as place from {name} where {key} in (select key from sorts where n = 1) group by {key};
delete from {name} where {key} in (from twice) and rowid not in (from kept);
drop table twice; drop table sorts; drop table kept""")


def knowledge(db, pack):
    folder = os.path.join(pack, "tables")
    for file in sorted(os.listdir(folder)):
        name = file.removesuffix(".csv")
        db.execute(f"""create table {name} as select * replace (nullif(begndate, '')::date as begndate, nullif(enddate, '')::date as enddate)
            from read_csv('{folder}/{file}', header=true, delim=',', quote='\"', all_varchar=true)""")


def net(db):
    """Leaves in settlements and lines what stands, and in lines what is left of each."""
    db.execute("""create table gone as select setl_id from settlements where refd_setl_flag = '1'
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
            cnt, amount, policy = (old + change for old, change in zip(left[found], row[4:7]))
            left[found] = [cnt, amount, max(0, min(policy, amount))]
    db.execute("create table remains (bkkp_sn varchar, cnt decimal(16,4), amt decimal(16,2), scp decimal(16,2))")
    touched = [(row[0], *left[row[0]]) for row in candidates if left[row[0]] != list(row[4:7])]
    if touched:
        db.executemany("insert into remains values (?, ?, ?, ?)", touched)
    db.execute("update lines set cnt = r.cnt, det_item_fee_sumamt = r.amt, inscp_scp_amt = r.scp from remains r where lines.bkkp_sn = r.bkkp_sn")


def in_force(table, day):
    return f"({table}.begndate is null or {table}.begndate <= {day}) and ({table}.enddate is null or {day} < {table}.enddate)"


def prepare(db):
    """Table net_lines: every judged line with its surroundings. Table stays: the stays in canonical order by person."""
    # Completed years: the whole part of the distance of two yyyymmdd numbers, in ten thousands.
    digits = lambda day: f"(year({day}) * 10000 + month({day}) * 100 + day({day}))"
    inpatient = lambda ty, day: f"exists (from inpatient t where starts_with({ty}, t.med_type) and {in_force('t', day)})"
    db.execute(f"""create table visits as select e.*, e.begntime::date as admission, e.endtime::date as discharge from encounters e;
create table typed as select y.med_type, y.day, {inpatient('y.med_type', 'y.day')} as is_stay from
  (from (select med_type from encounters union select med_type from settlements where med_type is not null), (select distinct fee_ocur_time::date as day from lines union select begntime::date from encounters)) y;
create table places as select rowid as line, row_number() over (order by psn_no, fee_ocur_time, bkkp_sn) as place from lines;
create table net_lines as
  select x.bkkp_sn as sn, x.mdtrt_id as enc, x.psn_no as psn, x.fixmedins_code as inst, x.hilist_code as item, x.fee_ocur_time as t, x.fee_ocur_time::date as d, x.cnt, x.pric,
    x.det_item_fee_sumamt as amt, coalesce(x.inscp_scp_amt, x.det_item_fee_sumamt) as scp, coalesce(x.med_list_codg, x.hilist_code) as stock_item, x.rx_drord_no as order_no, x.prd_days as days,
    x.dscg_tkdrug_flag, x.drug_trac_codg as trace, x.setl_id as setl, x.medins_list_codg as own_item, x.bilg_dr_codg as doctor, x.hosp_appr_flag, x.lmt_used_flag, x.crte_time,
    x.prsc_time::date as prescribed, x.drug_cnt, coalesce(c.med_chrgitm_type, x.med_chrgitm_type) as charge, s.setl_time::date as settled, coalesce(s.insutype, e.insutype) as insutype,
    c.hilist_code is not null as listed, coalesce(c.list_type, x.list_type) as list_type, coalesce(c.chrgitm_lv, x.chrgitm_lv) as class,
    c.med_use_flag, coalesce(c.genname_codg, x.hilist_code) as generic, c.min_pac_cnt, c.daily_dose, c.dose_per_unit, p.gend, p.brdy, p.die_date,
    case when p.brdy <= x.fee_ocur_time::date then ({digits('x.fee_ocur_time')} - {digits('p.brdy')}) // 10000 end as years,
    case when p.brdy <= x.fee_ocur_time::date then x.fee_ocur_time::date - p.brdy end as age_days,
    i.lmtpric_hosp_lv as level, i.begntime::date as agreed, i.endtime::date as agreed_until, coalesce(e.med_type, s.med_type) as med_type, ty.is_stay, e.admission, e.discharge, e.dise_codg, greatest(1, e.discharge - e.admission) as nights, o.place
  from lines x join places o on o.line = x.rowid left join visits e on e.mdtrt_id = x.mdtrt_id left join settlements s on s.setl_id = x.setl_id left join persons p on p.psn_no = x.psn_no
  left join institutions i on i.fixmedins_code = x.fixmedins_code and {in_force('i', 'x.fee_ocur_time::date')}
  left join catalogue c on c.hilist_code = x.hilist_code and {in_force('c', 'x.fee_ocur_time::date')}
  left join typed ty on ty.med_type = coalesce(e.med_type, s.med_type) and ty.day = x.fee_ocur_time::date;
create table stays as select v.*, row_number() over (partition by v.psn_no order by v.begntime, v.endtime nulls last, v.mdtrt_id) as place
  from visits v join typed ty on ty.med_type = v.med_type and ty.day = v.admission where ty.is_stay;
create table diagnosed as select mdtrt_id, diag_code from diagnoses union select mdtrt_id, dscg_maindiag_code from encounters where dscg_maindiag_code is not null;
create table main_diagnosis as select v.mdtrt_id, coalesce(v.dscg_maindiag_code, (select min(g.diag_code) from diagnoses g where g.mdtrt_id = v.mdtrt_id and g.maindiag_flag = '1')) as code from visits v;
create table in_sets as select distinct g.mdtrt_id, s.set
  from diagnosed g join visits v using (mdtrt_id) join (select k.code, s.* from (select distinct diag_code as code from diagnosed) k join diagnosis_set s on starts_with(k.code, s.diag_code)) s on s.code = g.diag_code
  where {in_force('s', 'v.admission')};
create table all_dosed as
  with fractions as (select sn, enc, psn, d, generic, cnt, place, med_type, dise_codg, is_stay, dscg_tkdrug_flag, case when days > 0 then (days * 100)::hugeint
        when min_pac_cnt > 0 and dose_per_unit > 0 and daily_dose > 0 then (cnt * 10000)::hugeint * (min_pac_cnt * 10000)::hugeint * (dose_per_unit * 1000000)::hugeint end as numerator,
        case when days > 0 then 100::hugeint else (daily_dose * 1000000)::hugeint * 100000000 end as denominator from net_lines where list_type in ('101', '102', '103', '104', '106'))
  select *, (numerator * 10000 // denominator)::bigint as lasts from fractions where numerator is not null and numerator * 10000 // denominator > 0;
create table all_supplied as
  select * from (select l.*, coalesce((select min(k.kind) from supply_kind k where k.dise_codg = l.dise_codg and {in_force('k', 'l.d')}),
    (select arg_max(k.kind, length(k.med_type)) from supply_kind k where starts_with(l.med_type, k.med_type) and {in_force('k', 'l.d')})) as kind from all_dosed l where not l.is_stay)
  where kind is not null;""")


def since(db, day):
    """Views l, dosed and supplied: the lines on whose day a rule is in force."""
    db.execute("; ".join(f"create or replace view {view} as from {table} where d >= date '{day}'" for view, table in (("l", "net_lines"), ("dosed", "all_dosed"), ("supplied", "all_supplied"))))
