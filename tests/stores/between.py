"""What goes from one store to another: backups between all kinds, and published events that are as on a disk."""

import json
import os
import shutil

from place import rows


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
        path.write_bytes(rows(40 + at, at))
        expected = one.digest("in/logs", "--time", "time")
        one.job("in/logs", output=f"{inside[of]}/out{at}")
        one.summary()
        path.with_name("b.csv").write_bytes(rows(20, 100 + at, 1))
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


TESTS = [published_events_with_folders_of_values_are_as_on_a_disk]
BETWEEN = [backups_go_from_any_place_to_any_other]
