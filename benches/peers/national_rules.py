"""Rules of rules/national as SQL, one query a rule, written from docs/semantics.md and docs/rules."""
from national_net import in_force


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

def beyond(lines):
    """lines: of table dosed, with lim in days; the units that whole packs up to it do not need."""
    return f"""select sn, q from (select sn, cnt - least(cnt, ((lim * (cnt * 10000)::hugeint * denominator + numerator * 10000 - 1) // (numerator * 10000))::decimal(18,0)) as q
        from ({lines}) where lim * denominator < numerator) where q > 0"""


def told(name, day="l.d"):
    """The set has rows on the day."""
    return f"exists (from diagnosis_set s where s.set = '{name}' and {in_force('s', day)})"


def has(name):
    """A diagnosis of the line's encounter is in the set."""
    return f"l.enc in (select mdtrt_id from in_sets where set = '{name}')"


def repeated(lines, key):
    """The rows of which another has the same key, and few more: so few that the window over them costs little."""
    return f"(select * from {lines} where hash({key}) in (select hash({key}) from {lines} group by 1 having count(*) > 1))"


def same_class(key, lines):
    """The lines of the drugs that a group of `key` and class has beyond those with the largest in-policy amounts."""
    return f"""select sn from (select *, dense_rank() over (partition by {key}, class order by total desc, first) as rank from (
        select *, sum(scp) over (partition by {key}, class, item) as total, min(place) over (partition by {key}, class, item) as first from {lines})) where rank > {{kinds}}"""


def often(kind, exempt, most):
    """The first lines of the encounters of a kind, of all windows of a person in which there are more than `most`."""
    return f"""with seen as (select l.psn, l.enc, arg_min(l.sn, l.place) as sn, coalesce(any_value(l.admission), min(l.d)) as day from l where {kind} and not {exempt} group by 1, 2),
        many as (select * from (select *, count(*) over (partition by psn order by day range between interval ({{days}} - 1) day preceding and current row) as n from seen) where n > {{{most}}})
        select o.sn from many join seen o on o.psn = many.psn and many.day - o.day between 0 and {{days}} - 1"""


# The set price of item `wanted` of table {} for its level on its day, by its sn; no row where it is not known.
SET_PRICES = f"""select k.sn, min(r.hilist_pric_uplmt_amt) filter (where r.lmtpric_hosp_lv is null or r.lmtpric_hosp_lv = k.level) as price
    from {{}} k join price_limits r on r.hilist_code = k.wanted and {in_force('r', 'k.d')} group by k.sn having any_value(k.level) is not null or not bool_or(r.lmtpric_hosp_lv is not null)"""
SAME_LINE = "psn, inst, item, t, pric, cnt, order_no"
DRUGS = "list_type in ('101', '102', '103', '104', '106')"


def in_set(name, code):
    return f"exists (from diagnosis_set s where s.set = '{name}' and starts_with({code}, s.diag_code) and {in_force('s', 'b.admission')})"


# Of table l, the net lines from the day on which the rule holds. What is cut of a line: q units, price p, amount a, or the whole. Parameters have the values of the pack.
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
    "same-line-twice": f"select sn from {repeated('l', SAME_LINE)} qualify row_number() over (partition by {SAME_LINE} order by place) > 1",
    "contained-item": f"{contained('day', 'l.psn, l.inst, l.d')} union all {contained('stay', 'l.enc')}",
    "over-supply": beyond(f"select s.*, r.days::hugeint as lim from supplied s join supply_limit r on r.kind = s.kind and {in_force('r', 's.d')}"),
    "early-refill": """with days as (select *, (d - date '1970-01-01')::bigint * 10000 as today, case when kind = 'chronic' then {chronic_allowance_days} else {allowance_days} end * 10000 as allowance,
          sum(lasts) over (partition by psn, generic order by place rows unbounded preceding) as given from supplied),
        until as (select *, given + max(today - (given - lasts)) over (partition by psn, generic order by place rows unbounded preceding) as until from days),
        over as (select *, greatest(0, lag(until) over (partition by psn, generic order by place) - today) - allowance as over from until)
        select sn, ((cnt * 10000)::hugeint * least(over, lasts) // lasts)::decimal(18,0) * 0.0001::decimal(4,4) as q from over where over > 0 and lasts <= (cnt * 10000)::hugeint * least(over, lasts)""",
    "split-stay": f"""with former as (select b.*, lag(mdtrt_id) over w as mdtrt_before, lag(discharge) over w as left_on, lag(dscg_way) over w as way_before from stays b window w as (partition by psn_no, fixmedins_code order by place))
        select l.sn from l join former b on b.mdtrt_id = l.enc join main_diagnosis ma on ma.mdtrt_id = b.mdtrt_before join main_diagnosis mb on mb.mdtrt_id = b.mdtrt_id
        where b.admission - b.left_on between 0 and {{window_days}} and left(ma.code, 3) = left(mb.code, 3)
          and not exists (from diagnosed g where g.mdtrt_id = b.mdtrt_id and {in_set('planned_cycle', 'g.diag_code')})
          and b.way_before is distinct from '2' and b.ipt_type is distinct from '2' and b.otp_er_refl_flag is distinct from '1' and b.med_type <> '24'
          and b.med_type <> '52' and not {in_set('obstetric', 'mb.code')} and b.dscg_way is distinct from '5'""",
    # Only a stay at two institutions at once refuses by itself.
    "overlap-stay": """select l.sn, o.sure from l join (select b.mdtrt_id, bool_or(a.fixmedins_code <> b.fixmedins_code) as sure
        from stays b join stays a on a.psn_no = b.psn_no and a.place < b.place and b.admission < a.discharge group by 1) o on o.mdtrt_id = l.enc""",
    "visit-during-stay": "select sn from l where not is_stay and exists (from stays s where s.psn_no = l.psn and s.fixmedins_code <> l.inst and s.admission < l.d and l.d < s.discharge)",
    "sold-over-stock": excess("""select l.*, v.lim from l join (select fixmedins_code, med_list_codg, ceil(greatest(sum(cnt), 0) * (1 + {tolerance}::decimal(7,6)) * 10000)::decimal(20,0) * 0.0001::decimal(4,4) as lim
        from inventory group by all) v on v.fixmedins_code = l.inst and v.med_list_codg = l.stock_item""", "inst, stock_item"),
    "trace-reused": f"""with codes as (select drug_trac_codg as code, bkkp_sn, trdn_flag from trace_codes union all select trace, sn, null from l where trace is not null),
        uses as (select distinct c.code, l.sn, l.place, l.cnt from l join {repeated('codes', 'code')} c on c.bkkp_sn = l.sn
          where c.trdn_flag is distinct from '1' and not exists (from trace_exempt r where r.hilist_code = l.item and {in_force('r', 'l.d')})),
        later as (select * from uses qualify place > min(place) over (partition by code))
        select sn, least(any_value(cnt), count(*)) as q from later group by sn""",
    "scheme": f"""select l.sn from {joined('item_scheme')} where l.insutype is not null group by l.sn
        having not bool_or(r.insutype = l.insutype or (r.insutype = '510' and coalesce(left(l.med_type, 2) in ('51', '52', '53'), true)))""",
    "institution-inactive": "select sn from l where (d < agreed or d > agreed_until) and not coalesce(left(med_type, 2) in ('13', '24'), false)",
    "practitioner-inactive": f"""select sn from l where doctor is not null and exists (from practitioners) and not exists (from practitioners r where r.prac_psn_code = l.doctor
        and r.fixmedins_code = l.inst and {in_force('r', 'l.d')} and (r.begntime is null or r.begntime::date <= l.d) and (r.endtime is null or l.d <= r.endtime::date))""",
    "restricted-unapproved": "select sn from l where scp > 0 and lmt_used_flag = '1' and hosp_appr_flag <> '1'",
    "herb-not-payable": f"select distinct l.sn from {joined('herb_not_payable')} where l.scp > 0",
    "herb-alone": f"""select distinct l.sn from {joined('herb_alone')} where l.list_type = '102' and l.scp > 0 and l.order_no is not null and (l.enc, l.order_no) not in
        (select (enc, order_no) from net_lines o where order_no is not null and (list_type is null or list_type = '102') and not exists (from herb_alone r where r.hilist_code = o.item and {in_force('r', 'o.d')}))""",
    "prescription-stale": f"select sn from l where {DRUGS} and not is_stay and d - prescribed > {{valid_days}}",
    "over-prescribed": f"select sn, cnt - drug_cnt as q from l where {DRUGS} and not is_stay and cnt > drug_cnt",
    "excluded-cause": f"select sn from l where {told('excluded_cause')} and {has('excluded_cause')}",
    "indication": f"""select l.sn from {joined('item_indication')} join diagnosis_set s on s.set = r.set and {in_force('s', 'l.d')} left join in_sets n on n.mdtrt_id = l.enc and n.set = r.set
        where l.enc in (select mdtrt_id from diagnosed) group by l.sn having count(n.set) = 0""",
    "course-days": f"""select sn from (select l.sn, r.course_days::int as most, dense_rank() over (partition by l.enc, l.item order by l.d) - 1 as before from {joined('item_course')} where l.is_stay)
        where before >= most""",
    "settled-twice": f"""select sn from (select sn, setl, first_value(setl) over (partition by psn, item, t, cnt, amt order by place) as first from {repeated('l', 'psn, item, t, cnt, amt')} where setl is not null)
        where setl <> first""",
    "discharge-supply": beyond(f"""select l.*, case when {told('chronic')} and {has('chronic')} then {{chronic_days}} else {{acute_days}} end::hugeint as lim from dosed l
        where l.is_stay and l.dscg_tkdrug_flag = '1' and l.enc in (select mdtrt_id from diagnosed)"""),
    "companion-missing": f"""select l.sn from {joined('companion')} left join (select distinct enc, item from net_lines) n on n.enc = l.enc and n.item = r.needs group by l.sn having count(n.item) = 0""",
    "operation-discount": f"""with done as (select l.sn, l.d, l.level, l.item as wanted, r.discount::decimal(7,6) as discount, row_number() over (partition by l.enc, r."group" order by l.place) as n
            from {joined('operation_group')} where l.is_stay),
        prices as ({SET_PRICES.format("(select distinct sn, d, level, wanted from done)")})
        select done.sn, round(price * discount, 6) as p from done join prices using (sn) join l on l.sn = done.sn where n > 1 and l.pric > round(price * discount, 6)""",
    "split-item": f"""with parts as (select l.*, r.set_id, r.whole as wanted, (select count(distinct s.part) from split_set s where s.set_id = r.set_id and s.whole = r.whole and {in_force('s', 'l.d')}) as need
            from l join split_set r on r.part = l.item and {in_force('r', 'l.d')}),
        sets as (select psn, inst, d, set_id, wanted, any_value(level) as level, min(units) as n, 's' || row_number() over () as sn
            from (select psn, inst, d, set_id, wanted, item, any_value(level) as level, any_value(need) as need, sum(cnt) as units from parts group by psn, inst, d, set_id, wanted, item)
            group by psn, inst, d, set_id, wanted having count(*) = any_value(need) and count(*) > 1),
        prices as ({SET_PRICES.format("sets")}),
        used as (select *, least(cnt, n - (back - cnt)) as units from (select p.sn, p.place, p.amt, p.cnt, s.sn as one, s.n, sum(p.cnt) over (partition by s.sn, p.item order by p.place desc rows unbounded preceding) as back
            from parts p join sets s using (psn, inst, d, set_id, wanted)) where n > back - cnt),
        paid as (select *, (((amt * 100)::hugeint * (units * 10000)::hugeint * 2 + (cnt * 10000)::hugeint) // ((cnt * 10000)::hugeint * 2))::decimal(18,0) * 0.01::decimal(3,2) as money from used),
        over as (select p.*, sum(money) over (partition by one) - round(p.n * q.price, 2) as over, sum(money) over (partition by one order by place desc rows unbounded preceding) - money as after
            from paid p join prices q on q.sn = p.one)
        select sn, amt - least(money, over - after)::decimal(16,2) as a from over where over > after""",
    "same-class": f"""with found as (select l.*, r.class from {joined('drug_class')}),
        daily as ({same_class('psn, d', 'found')})
        from daily union {same_class('enc, order_no', '(from found where order_no is not null)')}""",
    # The days in a row of a stay on which there is a bed and no care.
    "empty-bed": """with what as (select *, charge in ('01', '07') as bed, coalesce(list_type in ('101', '102', '103'), false) or coalesce(charge in ('03', '04', '05', '06', '09', '10', '11'), false) as care from l where is_stay),
        idle as (select enc, d from what group by all having bool_or(bed) and not bool_or(care or list_type is null or charge is null)),
        rows as (select *, d - row_number() over (partition by enc order by d)::int as start from idle),
        long as (select * from rows qualify count(*) over (partition by enc, start) >= {days})
        select l.sn from l join long using (enc, d)""",
    "low-standard": """with sums as (select enc, any_value(nights) as nights, sum(amt) as total, sum(amt) filter (where charge in ('03', '04')) as tests from l where is_stay and discharge is not null
            group by enc having not bool_or(charge is null or charge = '06'))
        select l.sn from l join sums s using (enc) join stays b on b.mdtrt_id = l.enc where s.nights < {days} and (coalesce(tests, 0) >= total * {test_share}::decimal(7,6) or total < {least})
          and b.dscg_way is distinct from '2' and b.dscg_way is distinct from '5' and b.ipt_type is distinct from '2' and b.otp_er_refl_flag is distinct from '1' and b.med_type not in ('24', '28')""",
    "code-mismatch": f"""with other as (select l.sn, l.d, l.level, l.pric, arg_min(r.med_list_codg, r.rowid) as wanted from l join item_map r on r.fixmedins_code = l.inst and r.medins_list_codg = l.own_item
            and {in_force('r', 'l.d')} group by all having not bool_or(r.med_list_codg = l.stock_item))
        select sn, price as p from ({SET_PRICES.format("other")}) where price is not null""",
}

# What is shown without a cut.
SHOWN = {
    "diagnosis-sex": f"select sn from l where (gend = '1' and {told('female_only')} and {has('female_only')}) or (gend = '2' and {told('male_only')} and {has('male_only')})",
    "diagnosis-age": f"select sn from l where {told('childbearing')} and {has('childbearing')} and (years < {{youngest}} or years > {{oldest}})",
    "frequent-visits": often("not l.is_stay and not starts_with(l.med_type, '41')", has('planned_cycle'), 'visits'),
    "frequent-purchases": often("starts_with(l.med_type, '41')", 'false', 'purchases'),
    "frequent-stays": often("l.is_stay", has('planned_cycle'), 'stays'),
    "late-upload": "select sn from l where crte_time > last_day(d) + 1 + {grace_days}",
    "listing-anomaly": "select sn from l where d < brdy",
    "service-after-settlement": "select sn from l where d > settled and dscg_tkdrug_flag is distinct from '1'",
    "approval-missing": """select l.sn from l left join (select enc, order_no, sum(amt) as total from net_lines where order_no is not null group by all) o on o.enc = l.enc and o.order_no = l.order_no
        where not is_stay and hosp_appr_flag <> '1' and (pric > {price_max} or total > {total_max})""",
    "drug-kinds": """with drugs as (select * from l where list_type in ('101', '103', '104') and not is_stay and order_no is not null)
        select sn from drugs where (enc, order_no) in (select (enc, order_no) from drugs group by enc, order_no having count(distinct item) > {kinds})""",
    # At most a hundred lines of a day are shown.
    "workload": f"""select sn from (select l.sn, sum(l.cnt * r.minutes::int) over (partition by l.inst, l.doctor, l.d) as total, row_number() over (partition by l.inst, l.doctor, l.d order by l.place) as n
        from {joined('item_minutes')} where l.doctor is not null) where total > {{minutes}} and n <= 100""",
    "trace-missing": f"""select sn from l where list_type in ('101', '104') and trace is null and sn not in (select bkkp_sn from trace_codes) and (exists (from trace_codes) or exists (from l where trace is not null))
        and not exists (from trace_exempt r where r.hilist_code = l.item and {in_force('r', 'l.d')})""",
}

# Golden months that ask what the queries do not tell.
UNTOLD = {"discharge-supply": "the query does not read the dose that a line tells"}
