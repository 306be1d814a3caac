"""The oracle's reports: events to windows, and windows to the rows that are shown. See oracle.py."""

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from oracle_events import EPOCH, FIRST, LAST, both_readings, shows
from oracle_measures import cells, name_of
from oracle_moving import Moving, names as moving_names

UNITS_US = {"ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6}
DAYS, MONTHS = {"d": 1, "w": 7}, {"mo": 1, "q": 3, "y": 12}


# Windows ---------------------------------------------------------------------------------------------------------


DAYS_FROM_MONDAY = {"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": -1}


def step_of(text):
    number, unit = re.fullmatch(r"(\d+)(\D+)", text).groups()
    return int(number), unit


def lateness(report):
    """How much later than the marks of a step its windows begin."""
    number, unit = step_of(report.get("offset", "0s"))
    return timedelta(days=DAYS_FROM_MONDAY[report.get("week_start", "monday")], microseconds=number * UNITS_US[unit])


def marks(step, first, last):
    """The readings of a clock, from `first` to `last`, that are a multiple of the step."""
    number, unit = step
    if unit in MONTHS:
        months = number * MONTHS[unit]
        count = (first.year - 1970) * 12 + first.month - 1
        while (count := count // months * months) <= (last.year - 1970) * 12 + last.month - 1:
            if count // 12 > -1970:
                yield datetime(1970 + count // 12, count % 12 + 1, 1)
            count += months
        return
    origin = datetime(1969, 12, 29) if unit == "w" else EPOCH
    length = timedelta(days=number * DAYS[unit]) if unit in DAYS else timedelta(microseconds=number * UNITS_US[unit])
    mark = origin + -(-(first - origin) // length) * length
    while mark <= last:
        yield mark
        mark += length


def boundaries(step, shift, zone, first, last):
    """The instants at which the clock of `zone` shows a mark, around those from `first` to `last`."""
    around = timedelta(days=2 if zone.key != "UTC" or shift else 0) + at_most(step)
    number, unit = step
    twice = unit in UNITS_US and number * UNITS_US[unit] <= UNITS_US["h"]
    found = set()
    for mark in marks(step, later(first, -around), later(last, around)):
        mark += shift
        try:
            early, late = both_readings(mark, zone)
            is_shown = shows(early, mark, zone)
        except OverflowError:
            continue
        if is_shown:
            found |= {early, late} if twice else {early}
        else:
            found.add(end_of_gap(min(early, late), max(early, late), zone))
    ends = {end for end in (FIRST, LAST) if later(first, -around) <= end <= later(last, around)}
    return sorted({edge for edge in found if FIRST < edge < LAST} | ends)


def later(moment, by):
    """The moment `by` later, within the time that windows cover."""
    return EPOCH + min(max(moment - EPOCH + by, FIRST - EPOCH), LAST - EPOCH)


def at_most(step):
    """How long a step is, changes of the clock aside."""
    number, unit = step
    if unit in UNITS_US:
        return timedelta(microseconds=number * UNITS_US[unit])
    return timedelta(days=number * (DAYS[unit] if unit in DAYS else 31 * MONTHS[unit]))


def end_of_gap(before, after, zone):
    """The instant between both at which the clock of `zone` jumps."""
    offset = lambda instant: instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    old = offset(before)
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) // 2
        before, after = (middle, after) if offset(middle) == old else (before, middle)
    return after


# Reports ---------------------------------------------------------------------------------------------------------


def bound(report, name, zone):
    if name not in report:
        return None
    text = str(report[name])
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)


def windows_of(report, zone, events, fill):
    """The windows of the report in order, and the keys of the events in each."""
    every, size = step_of(report["every"]), step_of(report.get("size", report["every"]))
    length = lambda step: step[0] * (UNITS_US | DAYS | MONTHS)[step[1]]
    steps = length(size) // length(every)
    times = [EPOCH + timedelta(microseconds=us) for us, _ in events]
    start, end = bound(report, "from", zone), bound(report, "to", zone)
    moments = times + [moment for moment in (start, end) if moment]
    # Where empty windows are left out only those around each event need to be looked at.
    spans = {(at, at) for at in moments} if fill == "none" else {(min(moments), max(moments))} if moments else ()
    windows = {}
    for first, last in spans:
        reach = (steps + 1) * at_most(every)
        edges = boundaries(every, lateness(report), zone, later(first, -reach), later(last, reach))
        for edge, after in zip(edges, edges[steps:] + [LAST] * (steps - 1) * (edges[-1] == LAST)):
            if not (start and edge < start or end and edge >= end):
                windows[edge, after] = [keys for (_, keys), at in zip(events, times) if edge <= at < after]
    grid = [(*edges, inside) for edges, inside in sorted(windows.items())]
    seen = [number for number, (_, _, inside) in enumerate(grid) if inside]
    if fill == "none":
        return [grid[number] for number in seen]
    first = 0 if start else seen[0] if seen else 0
    last = len(grid) if end else seen[-1] + 1 if seen else 0
    return grid[first:last]


def shown(instant, zone):
    """RFC 3339, whose offsets have no seconds: they are cut off, and the clock is that much off."""
    try:
        minutes = int(instant.replace(tzinfo=UTC).astimezone(zone).utcoffset() / timedelta(minutes=1))
    except OverflowError:  # before the year 1
        minutes, zone = 0, ZoneInfo("UTC")
    local = instant.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    text = local.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")
    return text.replace("+00:00", "Z") if zone.key == "UTC" else text


def columns_of(keys):
    """Names that readers of Delta tables allow, whatever the case of letters; keys that can keep theirs come first."""
    taken = {"window_start", "window_end", "label", "count", "is_final", "report"}
    names = {}
    for key in keys:
        if key == re.sub(r"[\x00-\x1f ,;{}()=]", "_", key) and key.lower() not in taken:
            names[key] = key
            taken.add(key.lower())
    for key in keys:
        name = re.sub(r"[\x00-\x1f ,;{}()=]", "_", key)
        while key not in names and name.lower() in taken:
            name = "key_" + name
        taken.add(names.setdefault(key, name).lower())
    return [names[key] for key in keys]


def report_csv(report, events, key_names, measured):
    zone = ZoneInfo(report.get("zone", "UTC"))
    values = report.get("values", [])
    wide = report.get("shape", "wide" if values else "long") == "wide"
    fill = report.get("fill", "zero" if wide or not key_names else "none")
    grid = windows_of(report, zone, events, fill)
    named = [value or None for value in values]
    null_last = lambda keys: [(value is None, (value or "").encode()) for value in keys]
    occurring = {keys for _, _, inside in grid for keys in inside}
    if fill != "none" and not wide:
        occurring |= {(value,) for value in named} if key_names else {()}
    occurring = sorted(occurring, key=null_last)
    others = [keys for keys in occurring if wide and keys[0] not in named]
    columns = [re.sub("[^a-z0-9_]", "_", value.lower()) + "_count" if value else "null_count" for value in values]
    key_columns = columns_of(key_names)
    head = columns + ["other_count"] * bool(others) + ["avg_actions"] if wide else key_columns + ["count"]
    measures = report.get("measures", [])
    head += [name_of(measure) for measure in measures]
    if wide:
        head += [f"{column.removesuffix('_count')}_{name_of(measure)}" for column in columns for measure in measures]
    # Of a report without empty windows too, all of them are behind its totals and changes.
    moving = Moving(report, windows_of(report, zone, events, "zero") if moving_names(report) else [], zone, measured)
    head += [name for column in columns for name in moving_names(report, column.removesuffix("count"))] if wide else moving_names(report)
    rows = [["window_start", "window_end"] + head]
    for first, last, inside in grid:
        times = [shown(first, zone), shown(last, zone)]
        counts, empty = Counter(inside), fill == "null" and not inside
        of = lambda keys: cells(measures, measured, [event for event in inside if event == keys])
        if wide:
            some = [counts[(value,)] for value in named]
            some = some + [sum(counts[keys] for keys in others)] * bool(others) + [sum(some) / len(some)]
            more = cells(measures, measured, inside) + [cell for value in named for cell in of((value,))]
            more += [cell for value in named for cell in moving.cells(first, (value,), empty)]
            rows.append(times + ["" if empty else cell for cell in some] + more)
            continue
        for keys in occurring:
            if fill != "none" or counts[keys]:
                rows.append(times + [value or "" for value in keys] + ["" if empty else counts[keys]] + of(keys) + moving.cells(first, keys, empty))
    return written(rows)


def written(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
