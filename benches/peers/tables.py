"""Writing tables the way jihe reads them: decimals, ids, Parquet and CSV, packs. Shared by generate.py and convert.py."""
import csv
import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
CHUNK = 1_000_000
SCALES = {"money": 2, "pric": 6, "cnt": 4}


def decimal(values, scale, digits=16, missing=None):
    """Whole numbers of 10^-scale as Decimal(digits, scale), without going through text or floats."""
    values = np.ascontiguousarray(values, np.int64)
    wide = np.empty((len(values), 2), np.int64)
    wide[:, 0] = values
    wide[:, 1] = values >> 63
    valid = None
    if missing is not None:
        valid = pa.array(~missing).buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(digits, scale), len(values), [valid, pa.py_buffer(wide)])


def ids(prefix, numbers, width):
    """Texts of one length: the prefix, then the number with leading zeros."""
    numbers = np.asarray(numbers, np.int64)
    padded = pc.cast(pa.array(numbers + 10**width), pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), pc.utf8_slice_codeunits(padded, 1), "")


def pick(words, places):
    """words[places] as an array of texts."""
    words = words if isinstance(words, (pa.Array, pa.ChunkedArray)) else pa.array(words)
    return words.take(pa.array(places))


def moments(epoch_seconds):
    return pa.array(np.asarray(epoch_seconds, np.int64) * 1_000_000, pa.int64()).cast(pa.timestamp("us"))


def sink(path, schema):
    """A Parquet writer with the settings that all tables share."""
    return pq.ParquetWriter(path, schema, compression="zstd", store_schema=False, store_decimal_as_integer=True)


def write(folder, name, table):
    os.makedirs(folder, exist_ok=True)
    with sink(os.path.join(folder, name + ".parquet"), table.schema) as out:
        out.write_table(table, row_group_size=CHUNK)


def for_csv(table):
    """The same columns as CSV shows them: moments to the second."""
    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.timestamp("s")))
    return table


def csv_copy(source, target):
    """Copies every Parquet table of a folder to CSV, a row group at a time."""
    os.makedirs(target, exist_ok=True)
    plain = pacsv.WriteOptions(quoting_style="none", quoting_header="none")
    for file in sorted(os.listdir(source)):
        stored = pq.ParquetFile(os.path.join(source, file))
        writer = None
        for group in range(stored.num_row_groups):
            table = for_csv(stored.read_row_group(group))
            if writer is None:
                path = os.path.join(target, file.replace(".parquet", ".csv"))
                writer = pacsv.CSVWriter(path, table.schema, write_options=plain)
            writer.write_table(table)
        if writer:
            writer.close()


# The knowledge tables that a month brings: the header, as in pack/tables.
HEADERS = {
    "item_sex": ["hilist_code", "gend"],
    "item_age": ["hilist_code", "age_min", "age_max", "unit"],
    "item_level": ["hilist_code", "level_min"],
    "item_visit": ["hilist_code", "med_type"],
    "item_period": ["hilist_code", "period_days", "max_count"],
    "item_quantity": ["hilist_code", "per", "window", "max"],
    "item_stay_days": ["hilist_code", "per_day"],
    "contained": ["item_a", "item_b", "window"],
}


def pack(target, rows):
    """A complete copy of the rule pack with these rows in its tables."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(os.path.join(HERE, "pack"), target)
    for name, header in HEADERS.items():
        with open(os.path.join(target, "tables", name + ".csv"), "w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([*header, "begndate", "enddate", "basis"])
            for row in rows[name]:
                writer.writerow([*row, "2020-01-01", "", "generated"])
