"""Parquet for the second opinion: rows as pyarrow reads them, and what their values are as text."""

import datetime as dt
import decimal
import re
import uuid

import pyarrow.compute
import pyarrow.parquet

from oracle_events import read_time
from oracle_sql import made


def text(value):
    """What a key is."""
    match value:
        case None:
            return b""
        case bool():
            return str(value).lower().encode()
        case bytes():
            return value
        case decimal.Decimal():
            return format(value, "f").encode()
        case dt.datetime() | dt.time():
            shown = value.isoformat()
            shown = re.sub(r"(\.\d{3})000", r"\1", shown)
            return shown.replace("+00:00", "Z").encode()
        case float():
            return repr(value).replace("e+", "e").encode()
        case uuid.UUID() | dt.date() | int() | str():
            return str(value).encode()


def of_path(row, path):
    """What stands in a row where a path leads."""
    if path in row:
        return row[path]
    value = row
    for name, quoted, index in re.findall(r'([^."\[\]]+)|"([^"]*)"|\[(\d+)\]', path):
        try:
            value = value[int(index)] if index else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def us_of(value, source):
    """The instant of a time; pyarrow gives nanoseconds as whole microseconds only, so they are not asked for here."""
    if isinstance(value, dt.datetime):
        return read_time(value.isoformat().encode(), source | {"time_format": "iso"})
    if isinstance(value, dt.date):
        return read_time(f"{value}T00:00".encode(), source | {"time_format": "iso"})
    return read_time(text(value), source)


def time_of(row, times):
    """A time in a column, or a date and a time of day in two."""
    if isinstance(times, str):
        return of_path(row, times)
    values = [of_path(row, column) for column in times]
    # Folders are text.
    return " ".join(values) if isinstance(values[0], str) else dt.datetime.combine(*values)


def read_parquet(file, source, in_folders):
    """The events of a file that has no rejects; the names of its folders are columns too."""
    table = pyarrow.parquet.read_table(file, partitioning=None)
    for at, field in enumerate(table.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            # Cut down, as every time is.
            us = pyarrow.compute.floor_temporal(table.column(at), unit="microsecond")
            us = us.cast(pyarrow.timestamp("us", field.type.tz), safe=False)
            table = table.set_column(at, field.name, us)
        if pyarrow.types.is_float32(field.type):
            short = lambda value: value if value is None else float(f"{value:.7g}")
            shown = pyarrow.array(map(short, table.column(at).to_pylist()))
            table = table.set_column(at, field.name, shown)
    is_int96 = pyarrow.parquet.ParquetFile(file).schema.column(0).physical_type == "INT96"
    if is_int96:
        source = source | {"zone": "UTC"}
    events = []
    for row in table.to_pylist():
        row = in_folders | {column: value for column, value in row.items() if value is not None}
        derived = {}
        if {"where", "derive"} & set(source):
            derived = made(source, {column: text(row.get(column)) for column in table.schema.names})
            if derived is None:
                continue
        time = time_of(row, source["time"])
        value = lambda key: derived[key] if key in derived else text(of_path(row, key))
        events.append((us_of(time, source), [value(key) for key in source.get("keys", [])]))
    return events, []
