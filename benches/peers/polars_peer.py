#!/usr/bin/env python3
"""The sixteen rules in Polars (streaming engine), over jihe's own tables, tuned by hand.

    python polars_peer.py DIR [--threads 2] [--csv] [--out FILE] [--json FILE]

Keys become row numbers, decimals whole numbers; lines are looked up once by item and encounter, whose person and
institution are the line's. Groups that break a limit are found by aggregation, and only their lines are walked.
"""
import os

from clock import ORDER, Clock, arguments

ARGS = arguments(["tuned"])
os.environ["POLARS_MAX_THREADS"] = str(ARGS.threads)
import polars as pl

C = pl.col
N = pl.Int64
UNIT, PER_FEN = 10_000, 100_000_000
DECIMALS = {"cnt": pl.Decimal(16, 4), "pric": pl.Decimal(16, 6), "prd_days": pl.Decimal(6, 2)}


def run(frame):
    return frame.collect(engine="streaming")


def month(name):
    if not ARGS.csv:
        return pl.scan_parquet(os.path.join(ARGS.data, "month", name + ".parquet"))
    path = os.path.join(ARGS.data, "month-csv", name + ".csv")
    with open(path) as file:
        header = file.readline().strip().split(",")
    kind = lambda name: DECIMALS.get(name) or (pl.Decimal(16, 2) if name.endswith("amt") else pl.Datetime("us") if name.endswith("time") else pl.Date if name == "brdy" else pl.String)
    return pl.scan_csv(path, schema={name: kind(name) for name in header}, quote_char=None)


def reference(name):
    return pl.scan_parquet(os.path.join(ARGS.data, "reference", name + ".parquet"))


def knowledge(name):
    return pl.scan_csv(os.path.join(ARGS.data, "pack", "tables", name + ".csv"), infer_schema=False)


def whole_number(name):
    """A decimal as the integer it is stored as."""
    return C(name).to_physical().cast(N)


def day(name):
    return C(name).dt.epoch("d").cast(pl.Int32)


def ymd(moment):
    return moment.dt.year().cast(pl.Int32) * 10_000 + moment.dt.month().cast(pl.Int32) * 100 + moment.dt.day().cast(pl.Int32)


def dimensions():
    number = lambda name: C(name).cast(N)
    one = lambda name, *columns: knowledge(name).select("hilist_code", *columns)
    units = lambda name: C(name).cast(pl.Decimal(16, 4)).to_physical().cast(N)
    limits = knowledge("item_quantity").with_columns(units("max"))
    ceilings = reference("price_limits").select("hilist_code", C("lmtpric_hosp_lv"), whole_number("hilist_pric_uplmt_amt").alias("p"))
    items = reference("catalogue").select("hilist_code", "list_type", C("genname_codg").fill_null(C("hilist_code")).rank("dense").cast(pl.Int32).alias("generic"))
    joined = [
        one("item_sex", C("gend").alias("of_sex")), one("item_age", number("age_min"), number("age_max")), one("item_level", number("level_min")),
        one("item_visit", pl.lit(True).alias("stay_only")), one("item_period", pl.lit(True).alias("once")), one("item_stay_days", units("per_day")),
        limits.filter(C("window") == "day").select("hilist_code", C("max").alias("daily")), limits.filter(C("window") == "month").select("hilist_code", C("max").alias("monthly")),
        *(ceilings.filter(C("lmtpric_hosp_lv") == level).select("hilist_code", C("p").alias("p" + level)) for level in "123"),
    ]
    for table in joined:
        items = items.join(table, on="hilist_code", how="left")
    items = run(items).with_row_index("item").with_columns(C("item").cast(pl.Int32))
    persons = run(month("persons").sort("psn_no").select("psn_no", "gend", ymd(C("brdy")).alias("born"))).with_row_index("psn").with_columns(C("psn").cast(pl.Int32))
    places = run(reference("institutions").select("fixmedins_code", C("lmtpric_hosp_lv").cast(pl.Int8).alias("level"))).with_row_index("inst").with_columns(C("inst").cast(pl.Int32))
    kinds = run(knowledge("supply_kind").join(knowledge("supply_limit"), on="kind").select("med_type", C("days").cast(N).alias("supply_limit")))
    stays = run(knowledge("inpatient"))["med_type"].to_list()
    encounters = (
        month("encounters").join(persons.lazy().select("psn_no", "psn"), on="psn_no").join(places.lazy().select("fixmedins_code", "inst"), on="fixmedins_code")
        .join(kinds.lazy(), on="med_type", how="left")
        .select("mdtrt_id", "psn", "inst", "supply_limit", "begntime", "endtime", pl.any_horizontal(C("med_type").str.starts_with(code) for code in stays).alias("is_stay"),
                day("begntime").alias("bd"), day("endtime").alias("ed"), C("dscg_maindiag_code").str.slice(0, 3).alias("diagnosis")))
    encounters = run(encounters).with_row_index("enc").with_columns(C("enc").cast(pl.Int32))
    code = items.lazy().select("hilist_code", "item")
    pairs = run(knowledge("contained").join(code, left_on="item_a", right_on="hilist_code").rename({"item": "a"}).join(code, left_on="item_b", right_on="hilist_code").select("a", C("item").alias("b")))
    stock = run(reference("inventory").join(places.lazy().select("fixmedins_code", "inst"), on="fixmedins_code").join(code, left_on="med_list_codg", right_on="hilist_code")
                .group_by("inst", "item").agg(whole_number("cnt").sum().clip(0).alias("lim")))
    return items, persons, places, encounters, pairs, stock


def read_lines(items, encounters):
    # Whole numbers first, so that the joins carry less.
    narrow = month("lines").select(
        "mdtrt_id", "hilist_code", C("bkkp_sn").cast(N).alias("sn"), C("fee_ocur_time").dt.epoch("s").cast(pl.Int32).alias("t"), day("fee_ocur_time").alias("d"),
        whole_number("cnt"), whole_number("pric"), whole_number("det_item_fee_sumamt").alias("amt"), whole_number("prd_days").cast(pl.Int32).alias("days"),
        C("rx_drord_no").alias("order_no"), C("drug_trac_codg").alias("trace")).filter(C("cnt") > 0)
    looked_up = encounters.lazy().select("mdtrt_id", "enc", "psn", "inst")
    return run(narrow.join(looked_up, on="mdtrt_id").join(items.lazy().select("hilist_code", "item"), on="hilist_code").drop("mdtrt_id", "hilist_code"))


# A cut: units q, price p, or the whole line. What it allows is rounded half up; nothing here is below zero.
def allowed(q, p):
    wide = pl.Int128
    return pl.min_horizontal(C("amt"), (((C("cnt") - q).cast(wide) * p.cast(wide) + PER_FEN // 2) // PER_FEN).cast(N))


LINE = ["sn", "inst", "cnt", "pric", "amt"]


def hits(frame, cut, holds=None):
    """The lines of a frame as hits; frames with a cut in units have q, in price p."""
    none = pl.lit(None, dtype=N)
    q, p = (C("q") if cut == "units" else none), (C("p") if cut == "price" else none)
    alone = C("amt") if cut == "whole" else C("amt") - allowed(C("q") if cut == "units" else pl.lit(0), C("p") if cut == "price" else C("pric"))
    return frame.select(*LINE, pl.lit(cut == "whole").alias("whole"), q.cast(N).alias("q"), p.cast(N).alias("p"), alone.cast(N).alias("alone"), (C(holds) if holds else pl.lit(False)).alias("holds"))


def rules(f, items, persons, places, encounters, pairs, stock):
    # Keys of several columns as one number each: groups and joins hash a single column.
    first_second, first_day = f["t"].min(), f["d"].min()
    assert max(persons.height >> 24, places.height >> 13, items.height >> 16, (f["t"].max() - first_second) >> 22, (f["d"].max() - first_day) >> 5) == 0, "keys do not fit"
    moment = C("psn").cast(N) * 2**38 + C("item").cast(N) * 2**22 + (C("t") - first_second)
    visit_day = C("psn").cast(N) * 2**34 + C("inst").cast(N) * 2**21 + (C("d") - first_day).cast(N) * 2**16
    shelf = C("inst").cast(N) * 2**16 + C("item")
    moments = f.select(moment)
    f = f.lazy()
    c, p, m = items.lazy(), persons.lazy(), places.lazy()
    kinds = encounters.lazy().select("enc", "is_stay", "supply_limit")
    date = C("d").cast(pl.Date)
    age = (ymd(date) - C("born")) // 10_000

    def of(condition, *columns):
        """Lines of the items for which the condition holds, with columns of the item."""
        return f.join(c.filter(condition).select("item", *columns), on="item")

    def excess(lines, keys):
        """lines have lim; the latest units of every group above it."""
        over = lines.group_by(keys).agg(C("cnt").sum(), C("lim").first()).filter(C("cnt") > C("lim")).select(keys)
        walked = lines.join(over, on=keys, how="semi").sort("psn", "t", "sn").with_columns(C("cnt").cum_sum().over(keys).alias("running"))
        return hits(walked.filter(C("running") > C("lim")).with_columns(pl.min_horizontal(C("cnt"), C("running") - C("lim")).alias("q")), "units")

    def repeats(lines, keys, order):
        """Lines that are not the first of their group."""
        many = lines.group_by(keys).len().filter(C("len") > 1).select(keys)
        return lines.join(many, on=keys, how="semi").sort(order).filter(C("sn") != C("sn").first().over(keys))

    stays = encounters.lazy().filter("is_stay").sort("psn", "begntime", "endtime", "mdtrt_id", nulls_last=True).select("enc", "psn", "inst", "bd", "ed", "diagnosis").with_row_index("place")

    def price():
        own = pl.when(C("level") == 1).then("p1").when(C("level") == 2).then("p2").otherwise("p3")
        dear = of(C("p1").is_not_null() | C("p2").is_not_null() | C("p3").is_not_null(), "p1", "p2", "p3").filter(C("pric") > pl.min_horizontal("p1", "p2", "p3"))
        return hits(dear.join(m.select("inst", "level"), on="inst").with_columns(own.alias("p")).filter(C("pric") > C("p")), "price")

    def same_line():
        # Two equal neighbours in sorted order are far cheaper than groups of mostly one.
        ordered = moments.to_series().sort()
        many = ordered.filter(ordered == ordered.shift(1)).unique().to_frame("moment").lazy()
        same = ["psn", "inst", "item", "t", "cnt", "pric", "order_no"]
        return hits(f.with_columns(moment.alias("moment")).join(many, on="moment", how="semi").sort("sn").filter(C("sn") != C("sn").first().over(same)), "whole")

    def contained():
        x = pairs.lazy().filter(C("a") != C("b"))
        lines_a = f.join(x.select(C("a").alias("item")).unique(), on="item", how="semi").select((visit_day + C("item")).alias("with_a"), C("sn").alias("sn_a"), C("cnt").alias("cnt_a"))
        lines_b = f.select("sn", "item", visit_day.alias("visit")).join(x, left_on="item", right_on="b").select("sn", C("item").alias("b"), (C("visit") + C("a")).alias("with_a"))
        both = run(lines_b.join(lines_a, on="with_a")).lazy()
        group = ["with_a", "b"]
        units = both.unique([*group, "sn_a"]).group_by(group).agg(C("cnt_a").sum().alias("units_a"))
        lines = both.select("sn", *group).unique().join(units, on=group).join(f.select("t", *LINE), on="sn")
        back = lines.sort("t", "sn", descending=True).with_columns(C("cnt").cum_sum().over(group).alias("back"))
        left = C("units_a") - (C("back") - C("cnt"))
        return hits(back.filter(left > 0).with_columns(pl.min_horizontal(C("cnt"), left).alias("q")), "units")

    def bought():
        billed = f.select(shelf.alias("shelf"), "cnt").group_by("shelf").agg(C("cnt").sum())
        stocked = stock.lazy().join(c.filter(C("list_type").is_in(["101", "102", "301"])).select("item"), on="item", how="semi").select(shelf.alias("shelf"), "lim")
        over = run(billed.join(stocked, on="shelf").filter(C("cnt") > C("lim")).select("shelf", "lim"))
        return excess(f.with_columns(shelf.alias("shelf")).join(over.lazy(), on="shelf"), ["shelf"])

    def supplied(*columns):
        return of(C("list_type").is_in(["101", "102"]), *columns).filter(C("days") > 0).join(kinds, on="enc").filter(C("supply_limit").is_not_null())

    def days_supply():
        days = C("days").cast(N)
        packs = (C("supply_limit") * C("cnt") * 100 + days * UNIT - 1) // (days * UNIT) * UNIT
        long = supplied().filter(days > C("supply_limit") * 100).with_columns((C("cnt") - pl.min_horizontal(C("cnt"), packs)).alias("q"))
        return hits(long.filter(C("q") > 0), "units")

    def refill():
        keys = ["psn", "generic"]
        lines = supplied("generic").with_columns(C("days").cast(N), C("d").cast(N) * 100)
        many = lines.group_by(keys).len().filter(C("len") > 1).select(keys)
        walked = lines.join(many, on=keys, how="semi").sort("t", "sn").with_columns(C("days").cum_sum().over(keys).alias("given"))
        walked = walked.with_columns((C("given") + (C("d") - (C("given") - C("days"))).cum_max().over(keys)).alias("until"))
        walked = walked.with_columns((C("until").shift(1).over(keys) - C("d") - 700).alias("over")).filter(C("over") > 0)
        return hits(walked.with_columns((C("cnt") * pl.min_horizontal("over", "days") // C("days")).alias("q")), "units")

    def split():
        former = stays.sort("place").with_columns(C("ed", "diagnosis").shift(1).over("psn", "inst").name.suffix("_before"))
        gap = C("bd") - C("ed_before")
        return hits(f.join(former.filter((gap >= 0) & (gap <= 10) & (C("diagnosis") == C("diagnosis_before"))).select("enc"), on="enc", how="semi"), "whole")

    def overlap():
        many = stays.group_by("psn").len().filter(C("len") > 1).select("psn")
        few = run(stays.join(many, on="psn", how="semi")).lazy()
        met = few.join(few, on="psn", suffix="_a").filter((C("place_a") < C("place")) & (C("bd") < C("ed_a")))
        return hits(f.join(met.group_by("enc").agg((C("inst") == C("inst_a")).all().alias("held")), on="enc"), "whole", "held")

    per_encounter = ["enc", "item"]
    return {
        "sex": lambda: hits(of(C("of_sex").is_not_null(), "of_sex").join(p.select("psn", "gend"), on="psn").filter(C("of_sex") != C("gend")), "whole"),
        "age": lambda: hits(of(C("age_min").is_not_null() | C("age_max").is_not_null(), "age_min", "age_max").join(p.select("psn", "born"), on="psn")
                            .filter((age < C("age_min")).fill_null(False) | (age >= C("age_max")).fill_null(False)), "whole"),
        "setting": lambda: hits(of(C("level_min").is_not_null(), "level_min", "stay_only").join(m.select("inst", "level"), on="inst").join(kinds, on="enc")
                                .filter((C("level") < C("level_min")) | (C("stay_only").fill_null(False) & ~C("is_stay"))), "whole"),
        "price": price,
        "days-supply": days_supply,
        "same-line": same_line,
        "once-a-day": lambda: hits(repeats(of(C("once")), ["psn", "item", "d"], ["t", "sn"]), "whole"),
        "daily": lambda: excess(of(C("daily").is_not_null(), C("daily").alias("lim")), [*per_encounter, "d"]),
        "stay": lambda: excess(of(C("per_day").is_not_null(), "per_day")
                               .join(encounters.lazy().filter("is_stay").select("enc", pl.max_horizontal(1, C("ed") - C("bd")).alias("nights")), on="enc")
                               .with_columns((C("per_day") * C("nights")).alias("lim")), per_encounter),
        "monthly": lambda: excess(of(C("monthly").is_not_null(), C("monthly").alias("lim")).with_columns(date.dt.month_start().alias("month")), ["psn", "item", "month"]),
        "contained": contained,
        "refill": refill,
        "split": split,
        "overlap": overlap,
        "bought": bought,
        "trace": lambda: hits(repeats(f.filter(C("trace").is_not_null()), ["trace"], ["psn", "t", "sn"]).with_columns(pl.min_horizontal(C("cnt"), UNIT).alias("q")), "units"),
    }


def main():
    clock = Clock()
    known = dimensions()
    items, persons, places, encounters, pairs, stock = known
    clock.lap("dimensions")
    lines = read_lines(items, encounters)
    clock.lap("lines")
    found = []
    for rule, query in rules(lines, *known).items():
        found.append(run(query().with_columns(pl.lit(ORDER.index(rule), dtype=pl.Int8).alias("rule"))))
        clock.lap(rule)
    found = pl.concat(found)
    together = (
        found.lazy().filter(~C("holds")).group_by("sn", "inst")
        .agg(C("rule").min(), C("cnt", "amt", "pric").first(), C("whole").any(), C("q").max().fill_null(0), C("p").min())
        .with_columns(C("p").fill_null(C("pric")))
        .with_columns(pl.when("whole").then(C("cnt")).otherwise(C("q")).alias("refused_cnt"),
                      (C("amt") - pl.when("whole").then(pl.lit(0, dtype=N)).otherwise(allowed(C("q"), pl.min_horizontal("p", "pric")))).alias("refused")))
    refused = run(together.filter(C("refused") > 0))
    clock.lap("together")
    refused = refused.join(places.select("inst", C("fixmedins_code")), on="inst")
    if ARGS.out:
        fen = lambda name, scale: pl.concat_str(C(name) // 10**scale, pl.lit("."), (C(name) % 10**scale).cast(pl.String).str.zfill(scale)).cast(pl.Decimal(16, scale))
        refused.select(C("sn").cast(pl.String).str.zfill(18).alias("bkkp_sn"), "fixmedins_code", C("rule").cast(N).replace_strict(list(range(16)), ORDER, return_dtype=pl.String).alias("rule_id"),
                       fen("amt", 2).alias("det_item_fee_sumamt"), fen("refused_cnt", 4).alias("refused_cnt"), fen("refused", 2).alias("refused_amt")).write_parquet(ARGS.out)
        clock.lap("write")
    by_place = refused.group_by("fixmedins_code").agg(pl.len(), C("refused").sum())
    clock.lap("institutions")
    counted = {ORDER[rule]: (n, fen) for rule, n, fen in found.group_by("rule").agg(pl.len().alias("n"), C("alone").sum()).iter_rows()}
    clock.report(ARGS, "polars " + pl.__version__, counted, (refused.height, refused["refused"].sum()), by_place.height)
    if ARGS.hits:
        found.write_parquet(ARGS.hits)


if __name__ == "__main__":
    main()
