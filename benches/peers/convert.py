#!/usr/bin/env python3
"""A month from another generator, in jihe's tables.

    python convert.py SOURCE DIR [--csv]

SOURCE holds fee, mdtrt, psn, medins, catalog, pairs and invent as Parquet: money in whole fen, quantities in hundredths
of a unit, institution levels 1 (highest) to 3. Writes DIR/month, DIR/reference and DIR/pack as generate.py does, so that
jihe and its peers read the same. What is translated:

- bkkp_sn is feedetl_sn with leading zeros, so that its order as text is its order as number.
- det_item_fee_sumamt is inscp_scp_amt: the source's rules refuse in-policy money only.
- Lines with a negative quantity leave; their quantity is added to the stock of their institution and item. Lines with
  an amount of 0 stay, and are judged like all others.
- An institution's price level is 4 - medinslv, an item's level_min 4 - lmt_lv; 9 is no limit.
- age_max is the first age that is outside: lmt_age_max + 1.
- An institution that sold a stocked item (list_type 101 or 301) without a record of it gets a record of 0.
- Days of supply are limited by kind of visit, 30 days; max_days of the item is not used.
- All stays have one main diagnosis, for the source's rule on split stays asks for none; adm_exam is not used.
"""
import argparse
import os
import shutil

import duckdb

import tables as T


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("source")
    ask.add_argument("folder")
    ask.add_argument("--csv", action="store_true")
    args = ask.parse_args()
    month, reference = os.path.join(args.folder, "month"), os.path.join(args.folder, "reference")
    for part in (month, reference):
        shutil.rmtree(part, ignore_errors=True)
        os.makedirs(part)
    db = duckdb.connect()
    source = lambda name: f"read_parquet('{args.source}/{name}.parquet')"
    copy = lambda query, folder, name: db.execute(f"copy ({query}) to '{folder}/{name}.parquet' (format parquet, compression zstd, row_group_size {T.CHUNK})")
    decimal = lambda value, digits, scale: f"(({value})::decimal(18,0) * {10**-scale:.{scale}f}::decimal({scale},{scale}))::decimal({digits},{scale})"
    copy(f"""select lpad(feedetl_sn::varchar, 18, '0') as bkkp_sn, setl_id, mdtrt_id, psn_no, fixmedins_code, fee_ocur_time, hilist_code, medins_list_codg, list_type,
          med_chrgitm_type, chrgitm_lv, {decimal('cnt * 100', 16, 4)} as cnt, {decimal('pric * 10000', 16, 6)} as pric, {decimal('inscp_scp_amt', 16, 2)} as det_item_fee_sumamt,
          {decimal('inscp_scp_amt', 16, 2)} as inscp_scp_amt, rx_drord_no, case when prd_days > 0 then prd_days::decimal(6,2) end as prd_days, sin_dos_dscr, used_frqu_dscr,
          bilg_dept_codg, bilg_dr_codg, hosp_appr_flag, drug_trac_codg from {source('fee')} where cnt > 0""", month, "lines")
    copy(f"""select mdtrt_id, psn_no, fixmedins_code, med_type, begn_time as begntime, end_time as endtime, case when med_type = '21' then 'Z00.000' end as dscg_maindiag_code,
          dise_codg from {source('mdtrt')}""", month, "encounters")
    copy(f"""select m.setl_id, m.mdtrt_id, m.psn_no, m.fixmedins_code, m.setl_time, m.med_type, {decimal('coalesce(s.amount, 0)', 16, 2)} as medfee_sumamt,
          {decimal('coalesce(s.amount, 0)', 16, 2)} as inscp_scp_amt, {decimal('coalesce(s.amount, 0) * 7 // 10', 16, 2)} as fund_pay_sumamt
          from {source('mdtrt')} m left join (select mdtrt_id, sum(inscp_scp_amt)::bigint as amount from {source('fee')} where cnt > 0 group by 1) s using (mdtrt_id)""", month, "settlements")
    copy(f"select psn_no, gend, brdy from {source('psn')}", month, "persons")
    copy(f"select fixmedins_code, fixmedins_name, fixmedins_type, (4 - medinslv)::varchar as lmtpric_hosp_lv from {source('medins')}", reference, "institutions")
    copy(f"select hilist_code, hilist_name, list_type, null::varchar as genname_codg from {source('catalog')}", reference, "catalogue")
    copy(f"""select hilist_code, (4 - lv)::varchar as lmtpric_hosp_lv, {decimal('p * 10000', 16, 6)} as hilist_pric_uplmt_amt from (
          unpivot (select hilist_code, lmt_pric_lv1 as "1", lmt_pric_lv2 as "2", lmt_pric_lv3 as "3" from {source('catalog')}) on "1", "2", "3" into name lv_name value p)
          cross join (select 0) cross join lateral (select lv_name::int as lv) where p > 0""", reference, "price_limits")
    copy(f"""select fixmedins_code, hilist_code as med_list_codg, {decimal('purc_cnt * 100', 16, 4)} as cnt from {source('invent')}
          union all select fixmedins_code, hilist_code, {decimal('greatest(0, -sum(least(cnt, 0)))::bigint * 100', 16, 4)} from {source('fee')}
          where list_type in ('101', '301') group by 1, 2""", reference, "inventory")

    def of(columns, condition):
        return [[str(value) for value in row] for row in db.execute(f"select hilist_code, {columns} from {source('catalog')} where {condition} order by 1").fetchall()]

    units = lambda name: f"rtrim(rtrim((({name})::decimal(18,0) * 0.01)::varchar, '0'), '.')"
    T.pack(os.path.join(args.folder, "pack"), {
        "item_sex": of("lmt_gend", "lmt_gend is not null"),
        "item_age": of("case when lmt_age_min > 0 then lmt_age_min::varchar else '' end, case when lmt_age_max < 200 then (lmt_age_max + 1)::varchar else '' end, 'year'", "lmt_age_min > 0 or lmt_age_max < 200"),
        "item_level": of("case when lmt_lv < 9 then 4 - lmt_lv else 1 end", "lmt_lv < 9 or inp_only = 1"),
        "item_visit": of("'21'", "inp_only = 1"),
        "item_period": of("1, 1", "once_day = 1"),
        "item_quantity": of(f"'encounter', 'day', {units('daily_max')}", "daily_max > 0") + of(f"'person', 'month', {units('month_max')}", "month_max > 0"),
        "item_stay_days": of(units("stay_day_max"), "stay_day_max > 0"),
        "contained": [[*row, "day"] for row in db.execute(f"select distinct item_a, item_b from {source('pairs')} order by all").fetchall()],
    })
    if args.csv:
        T.csv_copy(month, os.path.join(args.folder, "month-csv"))


if __name__ == "__main__":
    main()
