"""What goes from one store to another: backups between all kinds, and a job with two servers of one kind."""

import json
import os
import shutil

from front import Front
from place import reached, rows


def backups_go_from_any_place_to_any_other(places):
    """Each output is backed up to a store of another kind, or to a folder, and restored in a third place."""
    by_scheme = {place.kind.scheme: place for place in places}
    one = places[0]
    one.variables = {name: value for place in places for name, value in place.kind.environment(place.front.url).items()}
    inside = {scheme: place.url for scheme, place in by_scheme.items()} | {"local": "."}
    ways = [
        ("s3", "az", "gs"), ("az", "gs", "s3"), ("gs", "s3", "az"), ("s3", "local", "gs"), ("az", "local", "s3"), ("gs", "local", "az"),
        ("local", "s3", "az"), ("local", "az", "local"), ("local", "gs", "local"),
    ]
    ways = [way for way in ways if set(way) <= inside.keys()]
    path = one.folder / "in" / "logs" / "a.csv"
    path.parent.mkdir(parents=True)
    for at, (of, to, into) in enumerate(ways):
        written(path, rows(40 + at, at))
        expected = one.digest("in/logs", "--time", "time")
        one.job("in/logs", output=f"{inside[of]}/out{at}")
        one.summary()
        written(path.with_name("b.csv"), rows(20, 100 + at, 1))
        one.summary()
        both = one.digest("in/logs", "--time", "time")
        assert both != expected
        backup = f"{inside[to]}/backup{at}"
        one.run("backup", "job.toml", backup)
        one.job("in/logs", output=f"{inside[into]}/again{at}")
        one.run("restore", "job.toml", backup)
        assert one.kept() == both, (of, to, into)
        assert one.summary()["outcome"] == "nothing_new", (of, to, into)
        path.with_name("b.csv").unlink()
    names = {"s3": "S3", "gs": "Google", "az": "Azure", "local": "a folder"}
    print("stores: backups went from", "; ".join(" to ".join(names[place] for place in way) for way in ways))


def written(path, content):
    """Writes a file some time ago: one that is read right after it was written is read again by the next run."""
    path.write_bytes(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def two_servers_of_one_kind_serve_one_job(place):
    """Inputs are at one server, the output at another, where the bucket of the inputs is not: what each is asked shows it."""
    url, other = place.url, f"{place.bucket}other"
    place.s3.create_bucket(Bucket=other)
    place.put("logs/a.csv", rows(50, 1))
    expected = place.digest("in/logs", "--time", "time")
    with Front(place.kind.port) as second:
        second.signs = place.front.signs
        storage, named = reached(place, place.front.url)
        of_other, more = reached(place, second.url)
        place.variables = named | {f"OTHER_{name}": value for name, value in more.items()}
        table = f'[storage.buckets."{place.kind.scheme}://{other}"]'
        of_other = of_other.replace(f"[storage.{place.kind.scheme}]", table).replace("env:", "env:OTHER_")
        place.job(f"{url}/logs", output=f"{place.kind.scheme}://{other}/out")
        with (place.folder / "job.toml").open("a") as job:
            job.write(storage + of_other)
        place.front.counted(), second.counted()
        place.summary()
        assert place.kept() == expected
        place.run("backup", "job.toml", f"{url}/backup")
        for front, bucket in [(place.front, place.bucket), (second, other)]:
            asked = [path.split("?")[0].strip("/").split("/") for _, path, _ in front.requests]
            assert asked and all(bucket in names for names in asked), (bucket, front.requests)
        # What is said of the bucket is needed, and names the credentials.
        place.variables = named
        said = place.run("run", "job.toml", code=2).stderr
        assert f'storage.buckets."{place.kind.scheme}://{other}"' in said and "OTHER_" in said, said


def published_events_with_folders_of_values_are_as_on_a_disk(place):
    asked = '[output.events]\npartition_by = ["action"]\nby = "day"\n'
    shown = {}
    for seed in range(3):
        place.put(f"logs/{seed % 2}.csv", rows(60, seed, seed))
        for paths, output in [("in/logs", "out"), (f"{place.url}/logs", f"{place.url}/out")]:
            place.job(paths, output=output)
            with (place.folder / "job.toml").open("a") as job:
                job.write(asked)
            place.summary()
            events = place.digest(f"{output}/events", "--input-format", "delta", "--time", "time")
            assert events == place.digest("in/logs", "--time", "time"), (output, seed)
            windows = place.run("show", "job.toml", "windows", "--format", "csv").stdout
            table = place.digest(f"{output}/reports/windows", "--input-format", "delta", "--time", "window_start")
            shown.setdefault(seed, []).append((windows, table))
        assert shown[seed][0] == shown[seed][1], seed
    contents = place.s3.list_objects_v2(Bucket=place.bucket, Prefix="out/events/")["Contents"]
    local = [os.path.relpath(path, place.folder) for path in (place.folder / "out" / "events").rglob("*.parquet")]
    folders = [{os.path.dirname(name) for name in names if name.endswith(".parquet") and "_delta_log" not in name}
               for names in ([item["Key"] for item in contents], local)]
    # Files that left the table may be there still, each in the folder where it was.
    assert any("action=" in folder for folder in folders[0]) and folders[0] == folders[1], json.dumps(list(map(sorted, folders)))
    shutil.rmtree(place.folder / "out")


TESTS = [two_servers_of_one_kind_serve_one_job, published_events_with_folders_of_values_are_as_on_a_disk]
BETWEEN = [backups_go_from_any_place_to_any_other]
