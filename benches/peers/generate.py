#!/usr/bin/env python3
"""One month of a city, in jihe's tables, from a seed.

    python generate.py DIR --lines 2000000 [--seed 7] [--shuffle] [--skew institution|person] [--csv]

Writes DIR/month, DIR/reference and DIR/pack (a copy of pack/ with its tables filled), and DIR/month-csv with --csv.
Lines are made and written a million at a time, so that memory does not grow with their number (but for one entry a
stock record). Money is whole fen throughout; the same arguments give the same rows.
"""
import argparse
import os
import shutil
import time

import numpy as np
import pyarrow as pa

import tables as T

FIRST_DAY = np.datetime64("2026-03-01")
SECOND_0 = int(FIRST_DAY.astype("datetime64[s]").astype(np.int64))
DAYS = 31
DAY = 86_400
OUT, LONG, SHOP, STAY = range(4)
MED_TYPES = ["11", "14", "41", "21"]
# list_type, how many items, median price in fen
GROUPS = [("101", 22_000, 2400), ("102", 6_000, 2900), ("103", 2_000, 25), ("201", 10_000, 3200), ("301", 20_000, 11_000)]
N_ITEMS = sum(size for _, size, _ in GROUPS)
# share of each list_type in the lines of each kind of encounter
MIX = np.array([[.42, .09, .05, .42, .02], [.66, .14, .0, .2, .0], [.6, .3, .1, .0, .0], [.3, .05, .03, .47, .15]])
# share of each kind among the encounters
KINDS = [.55, .15, .15, .15]


def scatter(*keys):
    """64 well mixed bits for each tuple of whole numbers; no state, so any row can be made alone."""
    bits = np.zeros(np.broadcast(*keys).shape, np.uint64)
    for key in keys:
        bits = (bits ^ np.asarray(key).astype(np.uint64)) * np.uint64(0xFF51AFD7ED558CCD)
        bits ^= bits >> np.uint64(32)
        bits = bits * np.uint64(0xC4CEB9FE1A85EC53)
        bits ^= bits >> np.uint64(29)
    return bits


def fraction(bits):
    return (bits >> np.uint64(12)) / float(1 << 52)


def zipf(n, power):
    weights = np.arange(2.0, n + 2.0) ** -power
    return np.cumsum(weights) / weights.sum()


class Items:
    """The catalogue and what the pack's tables say of it."""

    def __init__(self, rng):
        n = N_ITEMS
        self.group = np.repeat(np.arange(len(GROUPS), dtype=np.int8), [size for _, size, _ in GROUPS])
        starts = np.cumsum([0] + [size for _, size, _ in GROUPS])
        median = np.array([price for *_, price in GROUPS])[self.group]
        self.price = np.maximum(3, np.exp(np.log(median) + rng.normal(0, 1, n))).astype(np.int64)
        drug, service = self.group <= 1, self.group == 3
        self.by_rank = [start + rng.permutation(size) for start, (_, size, _) in zip(starts, GROUPS)]
        self.shares = [zipf(size, 1.02) for _, size, _ in GROUPS]
        u = rng.random((9, n))
        self.sex = np.where(u[0] < .03, 1 + (u[0] * 1e6).astype(int) % 2, 0)
        self.age_min = np.select([u[1] < .02, u[1] < .03], [14, 60], 0)
        self.age_max = np.select([u[1] > .99, u[1] > .97], [7, 15], 0)
        self.level = np.select([u[2] < .02, u[2] < .06], [3, 2], 1)
        self.stay_only = u[3] < .04
        ceiled = u[4] < .6
        self.ceiling = np.stack([np.where(ceiled, np.maximum(4, self.price * share // 100), 0) for share in (92, 103, 115)])
        self.once = service & (u[5] < .06)
        pack = np.where(self.group == 2, 15, 1)
        self.daily = np.where(u[6] < .25, rng.integers(8, 25, n) * pack, 0)
        self.per_stay_day = np.where(service & (u[7] < .1), rng.integers(3, 7, n), 0)
        self.monthly = np.where(drug & (u[8] < .2), rng.integers(15, 81, n), 0)
        service_items = np.flatnonzero(service)
        drawn = service_items[rng.integers(0, len(service_items), (25_000, 2))]
        drawn = np.unique(drawn[drawn[:, 0] != drawn[:, 1]], axis=0)
        self.pairs = drawn[rng.permutation(len(drawn))[:20_000]]
        self.bound = (self.sex > 0) | (self.age_min > 0) | (self.age_max > 0) | (self.level > 1) | self.stay_only
        self.free = [ranks[~self.bound[ranks]] for ranks in self.by_rank]
        # One generic name for two drugs that stand side by side.
        self.generic = np.where(drug, np.arange(n) // 2, -1)
        self.codes = pa.array(self.write_codes())
        self.list_type = np.array([name for name, *_ in GROUPS])[self.group]
        self.charge_class = np.array([1, 2, 2, 1, 1])[(scatter(np.arange(n), 61) % np.uint64(5)).astype(int)]

    def write_codes(self):
        """Codes with the shapes of the national ones, each different."""
        codes = []
        bits = scatter(np.arange(N_ITEMS), 17).tolist()
        for at, (group, b) in enumerate(zip(self.group.tolist(), bits)):
            letter, two, three = "ABCDGHJLMNPRSV"[b % 14], b // 14 % 90 + 10, b // 1260 % 900 + 100
            if group <= 1:
                codes.append(f"{'XZ'[group]}{letter}{two}AA{letter}{three}A{b // 1134000 % 900 + 100}0101{at:07d}")
            elif group == 2:
                codes.append(f"T{at:09d}")
            elif group == 3:
                codes.append(f"00{two // 30 + 1}{two % 30 + 10}{at:07d}000")
            else:
                codes.append(f"C{two}{b // 7 % 90 + 10}{three:04d}{at:05d}0000{b // 99 % 100000:05d}")
        assert len(set(codes)) == N_ITEMS
        return codes

    def catalogue(self):
        n = N_ITEMS
        return pa.table({
            "hilist_code": self.codes,
            "hilist_name": T.ids("目录项目", np.arange(n), 5),
            "list_type": pa.array(self.list_type),
            "chrgitm_lv": T.pick(["", "01", "02", "03"], self.charge_class),
            "genname_codg": pa.array([f"G{g:06d}" if g >= 0 else None for g in self.generic.tolist()]),
        })

    def price_limits(self):
        has = np.flatnonzero(self.ceiling[0] > 0)
        return pa.table({
            "hilist_code": T.pick(self.codes, np.tile(has, 3)),
            "lmtpric_hosp_lv": pa.array(np.repeat(["1", "2", "3"], len(has))),
            "hilist_pric_uplmt_amt": T.decimal(np.concatenate([c[has] for c in self.ceiling]) * 10_000, 6),
        })

    def pack_rows(self):
        codes = self.codes.to_pylist()

        def of(mask, *columns):
            return [[codes[at], *(str(c[at]) if isinstance(c, np.ndarray) else c for c in columns)] for at in np.flatnonzero(mask)]

        bound = lambda values: np.where(values > 0, values.astype(str), "")
        return {
            "item_sex": of(self.sex > 0, self.sex),
            "item_age": of((self.age_min > 0) | (self.age_max > 0), bound(self.age_min), bound(self.age_max), "year"),
            "item_level": of((self.level > 1) | self.stay_only, self.level),
            "item_visit": of(self.stay_only, "21"),
            "item_period": of(self.once, "1", "1"),
            "item_quantity": of(self.daily > 0, "encounter", "day", self.daily) + of(self.monthly > 0, "person", "month", self.monthly),
            "item_stay_days": of(self.per_stay_day > 0, self.per_stay_day),
            "contained": [[codes[a], codes[b], "day"] for a, b in self.pairs.tolist()],
        }


class Institutions:
    """Hospitals first, the largest of them of the highest level, then clinics, then pharmacies."""

    def __init__(self, rng, n):
        self.n = n
        self.hospitals, self.visited = n // 5, n // 2
        self.level = np.ones(n, np.int64)
        self.level[:self.hospitals] = 3 - np.sort(np.searchsorted([.1, .4], rng.random(self.hospitals), side="right"))
        kind = np.where(np.arange(n) < self.visited, "H", "P")
        self.codes = pa.array([f"{k}4401{at * 11 + 7:07d}" for at, k in enumerate(kind)])
        self.for_stays = zipf(self.hospitals, .9)
        self.for_visits = zipf(self.visited, .85)
        self.for_sales = zipf(n - self.visited, .6)

    def table(self):
        return pa.table({
            "fixmedins_code": self.codes,
            "fixmedins_name": T.ids("定点医药机构", np.arange(self.n), 5),
            "fixmedins_type": pa.array(np.where(np.arange(self.n) < self.visited, "1", "2")),
            "lmtpric_hosp_lv": pa.array(self.level.astype(str)),
        })


class Visits:
    """Encounters in the order in which they are settled, and their persons."""

    def __init__(self, rng, n_lines, places, skew):
        n = int(n_lines / 22) + 1000
        kind = np.searchsorted(np.cumsum(KINDS)[:3], rng.random(n), side="right").astype(np.int8)
        sizes = [1 + rng.poisson(7, n), 1 + rng.poisson(6, n), 1 + rng.poisson(2, n), 22 + rng.gamma(2, 48, n).astype(np.int64)]
        n_lines_of = np.choose(kind, sizes)
        self.n_persons = n_persons = max(1000, int(n * .75))
        person = (n_persons * rng.random(n) ** 1.4).astype(np.int64)
        person = np.where(kind == LONG, (.3 * n_persons * rng.random(n) ** 1.2).astype(np.int64), person)
        stays = np.flatnonzero(kind == STAY)
        person[stays] = rng.permutation(n_persons)[:len(stays)]
        u = rng.random(n)
        place = np.select([kind == OUT, kind == SHOP], [np.searchsorted(places.for_visits, u), places.visited + np.searchsorted(places.for_sales, u)],
                          np.searchsorted(places.for_stays, u))
        nights = np.where(kind == STAY, np.clip(1 + rng.gamma(2, 3.5, n), 1, 24).astype(np.int64), 0)
        day = (rng.random(n) * (DAYS - nights)).astype(np.int64)
        disease = rng.integers(0, 4000, n)
        self.plant(rng, stays, person, place, nights, day, disease, places)
        if skew == "institution":
            # Four lines of ten at one hospital.
            place = np.where((rng.random(n) < .4) & (kind != SHOP), 0, place)
        if skew == "person":
            # A placeholder card: one outpatient visit in twelve.
            person = np.where((rng.random(n) < 1 / 12) & (kind == OUT), n_persons // 2, person)
        clock = np.clip(rng.normal(10.5, 3, n) * 3600, 0, DAY - 3601).astype(np.int64)
        begin = day * DAY + clock
        end = np.where(kind == STAY, (day + nights) * DAY + np.maximum(clock, 8 * 3600), begin + 3600)
        order = np.argsort(end, kind="stable")
        total = np.cumsum(n_lines_of[order])
        order = order[:int(np.searchsorted(total, n_lines)) + 1]
        self.kind, self.person, self.place, self.nights = kind[order], person[order], place[order], nights[order]
        self.day, self.begin, self.end, self.disease = day[order], begin[order], end[order], disease[order]
        self.until = np.minimum(total[:len(order)], n_lines)
        self.size = np.diff(self.until, prepend=0)
        self.n = len(order)
        assert self.until[-1] == n_lines
        years = np.clip(rng.gamma(6, 9, n_persons), 0, 99)
        self.gend = rng.integers(1, 3, n_persons)
        self.born = FIRST_DAY - (years * 365.25).astype("timedelta64[D]")
        self.age = (FIRST_DAY - self.born).astype(np.int64) // 365
        self.psn_no = T.ids("44010000", (np.arange(n_persons) * 48_271 + 11) % 99_999_989, 14)

    @staticmethod
    def plant(rng, stays, person, place, nights, day, disease, places):
        """Some stays come soon after another stay of the person at the hospital, a few begin during one."""
        u = rng.random(len(stays))
        for low, high, again in ((0, .04, True), (.04, .05, False)):
            late = stays[(low <= u) & (u < high)]
            early = stays[rng.integers(0, len(stays), len(late))]
            gap = rng.integers(0, 14, len(late)) if again else 0
            begin = day[early] + nights[early] + gap if again else day[early] + (nights[early] - 1) // 2
            fits = (late != early) & (begin + nights[late] < DAYS)
            late, early, begin = late[fits], early[fits], begin[fits]
            person[late], day[late] = person[early], begin
            if again:
                place[late] = place[early]
                disease[late] = np.where(rng.random(len(late)) < .7, disease[early], disease[late])
            else:
                elsewhere = np.searchsorted(places.for_stays, rng.random(len(late)))
                place[late] = np.where(rng.random(len(late)) < .6, elsewhere, place[early])

    def ids(self, which, at):
        """Ids of encounters or settlements."""
        prefix, step = {"mdtrt": ("44012603", 7), "setl": ("44012603", 11)}[which]
        return T.ids(prefix, at * step + (3 if which == "mdtrt" else 5_000_000_000), 12)

    def disease_codes(self):
        return pa.array([f"{'ABCDEGHIJKLMNORS'[d % 16]}{d // 16 % 100:02d}.{d % 10}00" for d in range(4000)])

    def encounters(self, places):
        at = np.arange(self.n)
        disease = T.pick(self.disease_codes(), self.disease)
        none = pa.nulls(self.n, pa.string())
        is_stay, is_long = pa.array(self.kind == STAY), pa.array(self.kind == LONG)
        return pa.table({
            "mdtrt_id": self.ids("mdtrt", at),
            "psn_no": T.pick(self.psn_no, self.person),
            "fixmedins_code": T.pick(places.codes, self.place),
            "med_type": T.pick(MED_TYPES, self.kind),
            "begntime": T.moments(SECOND_0 + self.begin),
            "endtime": T.moments(SECOND_0 + self.end),
            "dscg_maindiag_code": T.pc.if_else(is_stay, disease, none),
            "dise_codg": T.pc.if_else(is_long, disease, none),
            "insutype": T.pick(["310", "390"], self.person % 2),
        })

    def settlements(self, places, amount, in_scope):
        at = np.arange(self.n)
        share = np.where(self.kind == STAY, 78, np.where(self.kind == LONG, 70, 55))
        return pa.table({
            "setl_id": self.ids("setl", at),
            "mdtrt_id": self.ids("mdtrt", at),
            "psn_no": T.pick(self.psn_no, self.person),
            "fixmedins_code": T.pick(places.codes, self.place),
            "setl_time": T.moments(SECOND_0 + self.end + 1800),
            "med_type": T.pick(MED_TYPES, self.kind),
            "medfee_sumamt": T.decimal(amount, 2),
            "inscp_scp_amt": T.decimal(in_scope, 2),
            "fund_pay_sumamt": T.decimal(in_scope * share // 100, 2),
        })

    def persons(self):
        return pa.table({"psn_no": self.psn_no, "gend": T.pick(["", "1", "2"], self.gend), "brdy": pa.array(self.born, pa.date32())})


class Lines:
    """The lines of a run of encounters."""

    def __init__(self, seed, items, places, visits):
        self.seed, self.items, self.places, self.visits = seed, items, places, visits

    def make(self, first, last):
        """Lines of the encounters first..last: a table, their stock keys and units, amounts by encounter."""
        items, visits = self.items, self.visits
        rng = np.random.default_rng([self.seed, 1, first])
        enc = np.repeat(np.arange(first, last), visits.size[first:last])
        n = len(enc)
        start = int(visits.until[first] - visits.size[first])
        number = start + np.arange(n)
        kind, person, place = visits.kind[enc], visits.person[enc], visits.place[enc]
        level = self.places.level[place]
        # Time of service, ascending inside the encounter.
        spread = (rng.random(n) * np.maximum(1, visits.nights[enc])).astype(np.int64)
        clock = np.clip(rng.normal(10.5, 3.2, n) * 3600, 0, DAY - 1).astype(np.int64)
        time_of = np.where(kind == STAY, (visits.day[enc] + spread) * DAY + clock, visits.begin[enc] + rng.integers(0, 3600, n))
        time_of = time_of[np.argsort(enc * (64 * DAY) + time_of, kind="stable")]
        item = self.draw_items(rng, enc, kind, person)
        beside = np.zeros(n, bool)
        beside[1:] = enc[1:] == enc[:-1]
        # An item beside the one that contains it.
        part = np.flatnonzero(beside & (kind != SHOP) & (rng.random(n) < .003))
        pair = items.pairs[rng.integers(0, len(items.pairs), len(part))]
        item[part - 1], item[part] = pair[:, 0], pair[:, 1]
        time_of[part] = time_of[part - 1]
        item = self.mostly_lawful(rng, item, kind, person, level)
        group = items.group[item]
        # Quantities in 10^-4 units.
        usual = np.array([1, 1, 1, 1, 2, 2, 3, .5])[rng.integers(0, 8, n)]
        cnt = (np.where(group == 2, rng.integers(3, 31, n), usual) * 10_000).astype(np.int64)
        cnt = np.where(rng.random(n) < .003, cnt * rng.integers(8, 30, n), cnt)
        # Prices in fen: by level and institution, at most the ceiling but for a few.
        local = np.array([100, 98, 95, 105, 110])[(scatter(place, item % 64, 29) % np.uint64(5)).astype(int)]
        price = np.maximum(1, items.price[item] * (70 + 10 * level) // 100 * local // 100)
        ceiling = items.ceiling[level - 1, item]
        too_dear = (rng.random(n) < .004) & (ceiling > 0)
        price = np.where(ceiling > 0, np.minimum(price, ceiling), price)
        price = np.where(too_dear, ceiling * (102 + rng.integers(0, 40, n)) // 100 + 1, price)
        # Days of medicine outside stays.
        days = np.where(kind == LONG, np.array([14, 28, 28, 30])[rng.integers(0, 4, n)], np.array([3, 5, 7, 7, 10, 14, 28, 30])[rng.integers(0, 8, n)])
        days = np.where(rng.random(n) < .003, rng.integers(60, 181, n), days)
        days = np.where((group <= 1) & (kind != STAY), days, 0)
        order_no = number // 3
        # The same line again.
        again = np.flatnonzero(beside & (rng.random(n) < .003))
        for column in (item, group, time_of, cnt, price, days, order_no):
            column[again] = column[again - 1]
        amount = (cnt * price + 5_000) // 10_000
        own_part = np.where(items.charge_class[item] == 2, amount // 10, 0)
        in_scope = amount - own_part
        stocked = np.isin(group, (0, 1, 4))
        keys, at = np.unique(place[stocked] * N_ITEMS + item[stocked], return_inverse=True)
        units = np.zeros(len(keys), np.int64)
        np.add.at(units, at, cnt[stocked])
        by_encounter = np.zeros((2, last - first), np.int64)
        np.add.at(by_encounter[0], enc - first, amount)
        np.add.at(by_encounter[1], enc - first, in_scope)
        table = self.table(rng, locals())
        return table, (keys, units), by_encounter

    def draw_items(self, rng, enc, kind, person):
        items = self.items
        n = len(enc)
        # Which list_type, by the kind of encounter; then which item, by its popularity. Stays and long treatments
        # use a few items of their own again and again.
        bounds = np.cumsum(MIX, axis=1)[:, :-1]
        group = (rng.random(n)[:, None] >= bounds[kind]).sum(axis=1)
        u, of_few = rng.random(n), rng.integers(0, 12, n)
        own = rng.random(n)
        u = np.where((kind == STAY) & (own < .6), fraction(scatter(enc, of_few, 41)), u)
        u = np.where((kind == LONG) & (own < .8), fraction(scatter(person, of_few % 4, 43)), u)
        item = np.empty(n, np.int64)
        for at in range(len(GROUPS)):
            mine = group == at
            ranks = np.minimum(np.searchsorted(items.shares[at], u[mine]), GROUPS[at][1] - 1)
            item[mine] = items.by_rank[at][ranks]
        return item

    def mostly_lawful(self, rng, item, kind, person, level):
        """Puts an unrestricted item in the place of most of those that break a limit by chance."""
        items, visits = self.items, self.visits
        age = visits.age[person]
        wrong = items.bound[item] & (
            ((items.sex[item] > 0) & (items.sex[item] != visits.gend[person])) | (age < items.age_min[item])
            | ((items.age_max[item] > 0) & (age >= items.age_max[item])) | (level < items.level[item]) | (items.stay_only[item] & (kind != STAY)))
        wrong = np.flatnonzero(wrong & (rng.random(len(item)) < .97))
        for at in range(len(GROUPS)):
            mine = wrong[items.group[item[wrong]] == at]
            free = items.free[at]
            item[mine] = free[(len(free) ** rng.random(len(mine))).astype(np.int64) - 1]
        return item

    def table(self, rng, made):
        items, visits, n = self.items, self.visits, made["n"]
        enc, item, person, place, days = made["enc"], made["item"], made["person"], made["place"], made["days"]
        number, group = made["number"], made["group"]
        traced = (group <= 1) & (rng.random(n) < .5)
        serial = number * 7 + 1
        which = np.flatnonzero(traced)
        reused = which[rng.random(len(which)) < .004]
        serial[reused] = serial[which[rng.integers(0, len(which), len(reused))]]
        trace = T.pc.if_else(pa.array(traced), T.ids("8100", serial, 16), pa.scalar(None, pa.string()))
        flags = ["0", "1"]
        order_no = made["order_no"]
        return pa.table({
            "bkkp_sn": T.ids("202603", number, 12),
            "setl_id": visits.ids("setl", enc),
            "mdtrt_id": visits.ids("mdtrt", enc),
            "psn_no": T.pick(visits.psn_no, person),
            "fixmedins_code": T.pick(self.places.codes, place),
            "fee_ocur_time": T.moments(SECOND_0 + made["time_of"]),
            "hilist_code": T.pick(items.codes, item),
            "medins_list_codg": T.ids("L", place * 100_000 + item, 10),
            "list_type": T.pick([name for name, *_ in GROUPS], group),
            "med_chrgitm_type": T.pick([f"{t:02d}" for t in range(1, 15)], (scatter(item, 51) % np.uint64(14)).astype(np.int64)),
            "chrgitm_lv": T.pick(["", "01", "02", "03"], items.charge_class[item]),
            "cnt": T.decimal(made["cnt"], 4),
            "pric": T.decimal(made["price"] * 10_000, 6),
            "det_item_fee_sumamt": T.decimal(made["amount"], 2),
            "inscp_scp_amt": T.decimal(made["in_scope"], 2),
            "rx_drord_no": T.ids("RX4401260300", order_no, 10),
            "prd_days": T.decimal(days * 100, 2, 6, days == 0),
            "sin_dos_dscr": T.pick([f"{a}{b}" for a in (1, 2, 5, 10, 20, 50) for b in ("g", "mg", "ml", "片", "粒")], rng.integers(0, 30, n)),
            "used_frqu_dscr": T.pick(["qd", "bid", "tid", "qid", "qn", "prn", "st", "qod"], rng.integers(0, 8, n)),
            "bilg_dept_codg": T.pick([f"A{d // 4 + 1:02d}.{d % 4 + 1:02d}" for d in range(40)], (scatter(enc, 31) % np.uint64(40)).astype(np.int64)),
            "bilg_dr_codg": T.ids("D4401", place * 60 + (scatter(enc, number % 3, 33) % np.uint64(60)).astype(np.int64), 8),
            "hosp_appr_flag": T.pick(flags, (rng.random(n) < .9).astype(np.int8)),
            "dscg_tkdrug_flag": T.pick(flags, np.zeros(n, np.int8)),
            "vali_flag": T.pick(flags, np.ones(n, np.int8)),
            "drug_trac_codg": trace,
        })


def merged(stock):
    """One sorted list of keys with the sum of their units."""
    keys = np.concatenate([k for k, _ in stock])
    units = np.concatenate([u for _, u in stock])
    keys, at = np.unique(keys, return_inverse=True)
    total = np.zeros(len(keys), np.int64)
    np.add.at(total, at, units)
    return keys, total


def inventory(seed, items, places, keys, sold):
    """What was bought: enough, but for one record of a hundred; two in a thousand have no record."""
    rng = np.random.default_rng([seed, 2])
    n = len(keys)
    bought = sold * (102 + rng.integers(0, 50, n)) // 100 // 10_000 * 10_000 + 10_000
    short = rng.random(n) < .012
    bought = np.where(short, sold * rng.integers(50, 95, n) // 100, bought)
    kept = rng.random(n) >= .002
    keys, bought = keys[kept], bought[kept]
    # One record of five has its opening stock apart.
    apart = rng.random(len(keys)) < .2
    opening = np.where(apart, bought // 3, 0)
    place = np.concatenate([keys // N_ITEMS, keys[apart] // N_ITEMS])
    item = np.concatenate([keys % N_ITEMS, keys[apart] % N_ITEMS])
    change = np.concatenate([np.full(len(keys), 1, np.int8), np.zeros(apart.sum(), np.int8)])
    cnt = np.concatenate([bought - opening, opening[apart]])
    return pa.table({
        "fixmedins_code": T.pick(places.codes, place),
        "med_list_codg": T.pick(items.codes, item),
        "inv_chg_type": T.pick(["101", "102"], change),
        "cnt": T.decimal(cnt, 4),
    })


def generate(folder, n_lines, seed=7, shuffle=False, skew=None, as_csv=False, say=print):
    began = time.time()
    month, reference = os.path.join(folder, "month"), os.path.join(folder, "reference")
    for part in (month, reference):
        shutil.rmtree(part, ignore_errors=True)
        os.makedirs(part)
    rng = np.random.default_rng([seed, 0])
    items = Items(rng)
    places = Institutions(rng, int(np.clip(n_lines * 1.5e-4, 600, 6000)))
    visits = Visits(rng, n_lines, places, skew)
    maker = Lines(seed, items, places, visits)
    stock, amounts, writer, first = [], np.zeros((2, visits.n), np.int64), None, 0
    while first < visits.n:
        done = int(visits.until[first] - visits.size[first])
        last = max(first + 1, int(np.searchsorted(visits.until, done + T.CHUNK, side="right")))
        table, units, sums = maker.make(first, last)
        if shuffle:
            table = table.take(pa.array(np.random.default_rng([seed, 3, first]).permutation(table.num_rows)))
        writer = writer or T.sink(os.path.join(month, "lines.parquet"), table.schema)
        writer.write_table(table, row_group_size=table.num_rows)
        amounts[:, first:last] = sums
        stock.append(units)
        if len(stock) == 8:
            stock = [merged(stock)]
        first = last
    writer.close()
    T.write(month, "encounters", visits.encounters(places))
    T.write(month, "settlements", visits.settlements(places, *amounts))
    T.write(month, "persons", visits.persons())
    T.write(reference, "institutions", places.table())
    T.write(reference, "catalogue", items.catalogue())
    T.write(reference, "price_limits", items.price_limits())
    T.write(reference, "inventory", inventory(seed, items, places, *merged(stock)))
    T.pack(os.path.join(folder, "pack"), items.pack_rows())
    if as_csv:
        T.csv_copy(month, os.path.join(folder, "month-csv"))
    say(f"{n_lines} lines, {visits.n} encounters, {visits.n_persons} persons, {places.n} institutions in {time.time() - began:.0f} s")


if __name__ == "__main__":
    args = argparse.ArgumentParser(description="Generates a month of a city in jihe's tables.")
    args.add_argument("folder")
    args.add_argument("--lines", type=int, default=2_000_000)
    args.add_argument("--seed", type=int, default=7)
    args.add_argument("--shuffle", action="store_true", help="deal the lines of each million at random")
    args.add_argument("--skew", choices=["institution", "person"], help="one institution with two lines of five, or one person with very many")
    args.add_argument("--csv", action="store_true", help="write month-csv as well")
    a = args.parse_args()
    generate(a.folder, a.lines, a.seed, a.shuffle, a.skew, a.csv)
