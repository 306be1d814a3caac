"""Measures: Spark adds them up to the states that the embedded engine has, whatever the numbers look like and however files are cut."""

import random

from program import answered, same

MEASURES = ["sum(n)", "mean(n)", "min(n)", "max(n)", "p1(n)", "p50(n)", "p99.9(n)", "distinct(n)", "distinct(user)"]


def job(folder, part_bytes):
    measures = ", ".join(f'"{measure}"' for measure in MEASURES)
    (folder / "job.toml").write_text(
        'name = "measures"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["action"]\ndelimiter = "auto"\n'
        f'[limits]\nrejects = "100%"\n[reports.r]\nevery = "10m"\nsize = "30m"\nmeasures = [{measures}]\n'
        '[engine.spark.conf]\n"spark.sql.files.openCostInBytes" = 0\n'
        f'"spark.sql.files.maxPartitionBytes" = {part_bytes}\n'
    )


def number(chance):
    """A number as logs have them: mostly plain, some of which only windrow reads, and some that are none."""
    kind = chance.random()
    if kind < 0.002:
        return chance.choice(["1e3", "-2.5E-4", "12345678901234567890", "0.00000000049", '"7,5"', "NaN", "x", "0x1"])
    if kind < 0.05:
        return chance.choice(["", " ", "0", "-0", "+1", ".5", "5.", " 12 ", '"8"', "999999999999999999.999999999"])
    if kind < 0.2:
        return str(-chance.getrandbits(chance.randrange(1, 60)))
    if kind < 0.4:
        return str(chance.getrandbits(chance.randrange(1, 60)))
    return format(chance.lognormvariate(3, 2), f".{chance.randrange(10)}f")


def test_states_are_those_of_the_embedded_engine(place):
    chance, inputs = random.Random(7), place.folder / "in"
    inputs.mkdir()

    def row(at, other):
        # One key has more values than are told apart one by one, in some windows.
        action = chance.choice(["Open", "Open", "Close", other, ""])
        user = f"user{chance.randrange(4_000 if action == 'Open' else 900)}"
        return f"2024-01-01T{at % 2:02}:{chance.randrange(20):02}:{at % 60:02}Z", action, number(chance), user

    # Most lines are plain.
    a = "".join(",".join(row(at, "Move")) + "\n" for at in range(12_000))
    # Quotes in many lines, other columns, and in another order.
    b = "".join("{3};{2};x;{0};{1}\n".format(*row(at, '"a;b"')) for at in range(3_000))
    # Lines within a quoted value, which Spark takes for events and windrow takes away.
    inner = '2024-01-01T00:01:00Z,"two\n2024-01-01T00:00:30Z,Open,-99,other\nlines",5,ann\n'
    (inputs / "a.csv").write_text("time,action,n,user\n" + a)
    (inputs / "b.csv").write_text("user;n;note;time;action\n" + b)
    (inputs / "c.csv").write_text("time,action,n,user\n" + "2024-01-01T00:02:00Z,Open,7,bob\n" * 40 + inner)
    job(place.folder, 64 << 10)
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["exit code"] == 0 and spark["summary"]["rows"]["rejected"] > 5, spark["said"]
