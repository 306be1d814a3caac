"""The oracle's moving views: running totals, and changes against an earlier window. See oracle.py."""

import math
import re
from datetime import UTC, timedelta
from decimal import Decimal

from oracle_measures import cells, name_of, parts_of, real

MONTHS = {"mo": 1, "q": 3, "y": 12}
DAYS = {"d": 1, "w": 7}


def steps_of(text):
    return [(int(number), unit, whole) for whole, number, unit in re.findall(r"((\d+)(mo|ms|[smhdwqy]))", text)]


def asked(report):
    """The period of running totals, and the steps back to earlier windows."""
    previous = report.get("previous", [])
    previous = [previous] if isinstance(previous, str) else previous
    periods = steps_of(report.get("cumulative", ""))
    return (periods[0] if periods else None), [steps_of(text)[0] for text in previous]


def names(report, prefix=""):
    period, previous = asked(report)
    names = []
    for of, total in [("", True)] + [(f"{name_of(measure)}_", has_total(measure)) for measure in report.get("measures", [])]:
        names += [f"{prefix}{of}cumulative"] * bool(period and total)
        for _, _, step in previous:
            names += [f"{prefix}{of}change_{step}", f"{prefix}{of}change_{step}_percent"]
    return names


def has_total(measure):
    return parts_of(measure)[0] in ("sum", "distinct")


def change(measure, now, was):
    """The difference of two answers, as they are written in CSV, and the difference in per cent of the earlier one."""
    if now == "" or was == "":
        return ["", ""]
    function = parts_of(measure)[0]
    if function == "mean" or function.startswith("p"):
        found, earlier = float(now) - float(was), float(was)
        difference = real(found)
    else:
        found, earlier = Decimal(now) - Decimal(was), Decimal(was)
        difference = format(found.normalize(), "f")
    if not earlier:
        return [difference, ""]
    hundredths = float(found) / float(earlier) * 10_000
    return [difference, real(math.copysign(math.floor(abs(hundredths) + 0.5), hundredths) / 100 + 0.0)]


def local(moment, zone):
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def period_of(clock, period):
    number, unit, _ = period
    if unit == "d":
        return clock.date().toordinal() // number
    if unit == "w":
        return (clock.date() - timedelta(days=clock.weekday())).toordinal()
    return (clock.year * 12 + clock.month - 1) // (MONTHS[unit] * number)


def earlier(clock, step):
    """What the clock showed then."""
    number, unit, _ = step
    if unit in DAYS:
        return clock - timedelta(days=DAYS[unit] * number)
    if unit in MONTHS:
        month = clock.year * 12 + clock.month - 1 - MONTHS[unit] * number
        try:
            return clock.replace(year=month // 12, month=month % 12 + 1)
        except ValueError:
            return None
    return None


class Moving:
    """What is beside the counts, by the windows of a report: (start, end, its keys)."""

    def __init__(self, report, grid, zone, measured):
        self.period, self.previous = asked(report)
        self.measures, self.measured = report.get("measures", []), measured
        self.grid = [(start, local(start, zone), keys) for start, _, keys in grid]
        self.by_day = report["every"][-1] in "dwoqy"

    def before(self, start, step):
        number, unit, _ = step
        clock = local_of(self.grid, start)
        if unit in "smh":
            moment = start - timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours"}[unit]: number})
            found = [keys for at, _, keys in self.grid if at == moment]
            return found[0] if found else None
        then = earlier(clock, step)
        if then is None:
            return None
        same = [keys for _, its, keys in self.grid if (its.date() == then.date() if self.by_day else its == then)]
        return same[0] if same else None

    def cells(self, start, keys, empty=False):
        if empty or not (self.period or self.previous):
            totals = 1 + sum(map(has_total, self.measures))
            return [""] * (bool(self.period) * totals + 2 * len(self.previous) * (1 + len(self.measures)))
        clock, found = local_of(self.grid, start), []
        now = next(its for at, _, its in self.grid if at == start).count(keys)
        if self.period:
            same = [its for at, its_clock, its in self.grid
                    if at <= start and period_of(its_clock, self.period) == period_of(clock, self.period)]
            found.append(sum(its.count(keys) for its in same))
        for step in self.previous:
            its = self.before(start, step)
            if its is None:
                found += ["", ""]
                continue
            was = its.count(keys)
            found += [now - was, round((now - was) / was * 10_000) / 100 if was else ""]
        of = lambda measure, its: cells([measure], self.measured, [event for event in its if event == keys])[0]
        for measure in self.measures:
            inside = next(its for at, _, its in self.grid if at == start)
            if self.period and has_total(measure):
                found.append(of(measure, [event for its in same for event in its]))
            for step in self.previous:
                found += change(measure, of(measure, inside), of(measure, self.before(start, step) or []))
        return found


def local_of(grid, start):
    return next(clock for at, clock, _ in grid if at == start)
