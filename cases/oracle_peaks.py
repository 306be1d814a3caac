"""The oracle's peaks: windows that stand out from the usual, slow and plain. See oracle.py."""

import math
from datetime import UTC, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from oracle_measures import cells
from oracle_windows import DAYS as DAY_UNITS, MONTHS, UNITS_US, shown, step_of, windows_of, written

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ARGS = ["run", "job.toml", "--view", "peaks"]


def hour_of(start, zone, unit, number):
    """The week of a window and its hour of the week; none where windows are as long as a week."""
    local = start.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    week = local.toordinal() - local.weekday()
    if unit == "d" and number < 7:
        return week, (local.weekday(),)
    if unit in ("ms", "s", "m") and not (unit == "m" and number >= 60):
        return week, (local.weekday(), f"{local.hour:02}:00")
    if unit in ("m", "h"):
        return week, (local.weekday(), f"{local.hour:02}:{local.minute:02}")
    return week, None


def usual(values, least, counts):
    """Median and spread."""
    values = [value for value in values if value is not None]
    if len(values) < least:
        return None
    middle = float(median(values))
    far = [abs(value - middle) for value in values]
    spread = 1.4826 * median(far)
    spread = max(spread, math.sqrt(middle), 1.0) if counts else max(spread, abs(middle) * 0.1)
    spread = spread or sum(far) / len(far) * 1.2533
    return (middle, spread) if spread else None


def rounded(score):
    return math.floor(score * 100 + 0.5) / 100 if score >= 0 else -rounded(-score)


def number(value):
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def length(time):
    parts, us = [], time // timedelta(microseconds=1)
    for unit, name in ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s")):
        if parts or us >= unit:
            parts.append(f"{us // unit} {name}" if us >= unit else None)
            us %= unit
    return " ".join(part for part in parts[:2] if part)


def peaks_csv(report, events, key_names, measured):
    asked, zone = report["peaks"], ZoneInfo(report.get("zone", "UTC"))
    by, threshold, limit = asked.get("by"), asked.get("threshold", 5), asked.get("limit", 10)
    is_measure = by in report.get("measures", [])
    grid = windows_of(report, zone, events, "zero")
    every, size = step_of(report["every"]), step_of(report.get("size", report["every"]))
    steps = lambda step: step[0] * (UNITS_US | DAY_UNITS | MONTHS)[step[1]]
    overlap = steps(size) // steps(every)
    if is_measure:
        values = [cells([by], measured, inside)[0] for _, _, inside in grid]
        values = [float(value) if value != "" else None for value in values]
    else:
        values = [sum(by is None or keys == (by or None,) for keys in inside) for _, _, inside in grid]
    places = [hour_of(start, zone, every[1], every[0]) for start, _, _ in grid]

    def judged(at):
        week, hour = places[at]
        like = [other for other, (its, same) in enumerate(places) if hour and same == hour and abs(its - week) <= 28]
        if len({places[other][0] for other in like}) >= 4:
            found = usual([values[other] for other in like], 4, not is_measure)
            if found:
                return (*found, hour)
        found = usual(values[max(at - 12, 0) : at + 13], 8, not is_measure)
        return (*found, None) if found else None

    usuals = [judged(at) for at in range(len(grid))]
    over = []
    for at, (value, its) in enumerate(zip(values, usuals)):
        if its and value is not None and rounded((value - its[0]) / its[1]) >= threshold:
            over.append((rounded((value - its[0]) / its[1]), value, at))
    runs = []
    for found in over:
        if runs and found[2] - runs[-1][-1][2] <= overlap:
            runs[-1].append(found)
        else:
            runs.append([found])
    best = [max(run, key=lambda found: (found[0], found[1], -found[2])) for run in runs]
    best = sorted(best, key=lambda found: (-found[0], found[2]))[:limit]
    rows = [peak(grid, usuals, by, is_measure, *found) for found in best]
    if asked.get("gaps"):
        rows += sorted(gaps(report, grid, values, usuals, overlap, by), key=lambda row: (-row[5], row[0]))[:limit]
    rows = [row for row in rows if row[5] >= threshold]
    rows.sort(key=lambda row: (-row[5], row[0]))
    table = [[shown(row[0], zone), shown(row[1], zone), *row[2:]] for row in rows]
    return written([["window_start", "window_end", "kind", "value", "expected", "score", "reason"], *table])


def peak(grid, usuals, by, is_measure, score, value, at):
    middle, _, hour = usuals[at]
    place = None if hour is None else " ".join([DAYS[hour[0]], *hour[1:]])
    what = f"{value:,} event" + "s" * (value != 1) if by is None else f"{by or 'null'} {number(value)}"
    if middle == 0:
        where = " on a " + place.replace(" ", " at ") if place else " in the windows around it"
        how = f"usually none{where}"
    else:
        times = value / middle
        more = f"{(times - 1) * 100:.1f} % more than" if times < 1.1 else f"{times:,.{int(times < 100)}f} times"
        how = f"{more} the usual {place or 'of the windows around it'}"
    return [*grid[at][:2], "peak", value, middle, score, f"{what}: {how}"]


def gaps(report, grid, values, usuals, overlap, by):
    first = 0 if "from" in report else 1
    last = len(grid) if "to" in report else len(grid) - 1
    at = first
    while at < last:
        before = usual(values[max(at - 12, 0) : at], 8, True)
        end = at
        while end < last:
            its = usuals[end] if usuals[end] and usuals[end][2] else before
            if not its or its[0] <= 0 or values[end] * 4 > its[0]:
                break
            end += 1
        if end > at:
            around = usual(values[max(at - 12, 0) : at] + values[end : end + 12], 8, True)
            parts = list(range(at, end, overlap))
            its = [usuals[part] if usuals[part] and usuals[part][2] else around for part in parts]
            if all(its):
                value, expected = sum(values[part] for part in parts), sum(one[0] for one in its)
                score = rounded((expected - value) / math.sqrt(sum(one[1] ** 2 for one in its)))
                time = length(grid[parts[-1]][1] - grid[at][0])
                about = f"{expected:,.1f}" if expected < 10 else f"{math.floor(expected + 0.5):,}"
                if by is None:
                    what = f"{value:,} event{'s' * (value != 1)} in {time}" if value else f"no events for {time}"
                else:
                    what = f"{by} {value:,} in {time}" if value else f"no {by} for {time}"
                yield [grid[at][0], grid[parts[-1]][1], "quiet", value, expected, score, f"{what}, usually about {about}"]
        at = max(end, at + 1)
