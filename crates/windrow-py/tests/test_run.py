"""Runs: inputs, questions, errors, and manners."""

from __future__ import annotations

import doctest
import gzip
import io
import logging
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import windrow
from conftest import ROOT

MODULES = ["_api", "_behind", "_errors", "_job", "_table", "_result"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_the_reference(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    __import__(f"windrow.{module}")
    failed, tried = doctest.testmod(sys.modules[f"windrow.{module}"])
    assert failed == 0
    assert tried > 0 or module not in ("_api", "_errors", "_job")


def test_the_reference_names_every_keyword() -> None:
    from windrow import _native

    assert set(_native.KEYWORDS) == set(windrow.Question.__annotations__)
    named = windrow.run.__doc__ or ""
    assert [name for name in _native.KEYWORDS if f"``{name}``" not in named and name != "no_key"] == []


def test_the_program_has_no_flag_that_python_lacks() -> None:
    from windrow import _native

    text = subprocess.run([sys.executable, "-m", "windrow", "run", "--help"], capture_output=True, text=True, check=True).stdout
    question = text.split("Question (without a job file):")[1].split("\nAnswer:\n")[0]
    # A line of an option begins with its name, and may be one of another's text.
    flags = {line.split()[0][2:].strip(":,.").replace("-", "_") for line in question.splitlines() if line.strip().startswith("--")}
    renamed = {"key": "keys", "from": "from_", "measure": "measures", "parquet_key": "parquet_keys", "type": "types"}
    renamed |= {"lookup": "lookups", "unmatched": "lookups"}
    renamed |= {"peaks_threshold": "peaks", "peaks_gaps": "peaks"}
    assert {renamed.get(flag, flag) for flag in flags} - set(_native.KEYWORDS) == set()


def counts(result: windrow.Result) -> list[int]:
    return [row["count"] for row in result.windows.to_dicts()]


def test_inputs_of_every_kind(events: Path, tmp_path: Path) -> None:
    content = events.read_bytes()
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(content))
    half = events.open("rb")
    half.readline()
    for inputs in [
        events, str(events), [events], str(tmp_path / "events*"), packed, content, bytearray(content), memoryview(content),
        io.BytesIO(content), io.StringIO(content.decode()), events.open("rb"), events.open(), gzip.open(packed),
        [content, content.replace(b"Open", b"Shut")][:1],
    ]:  # fmt: skip
        result = windrow.run(inputs, every="1h", keys=[])
        assert counts(result) == [2, 0, 1], inputs
    # What is read of a file object begins where it is.
    assert windrow.run(half, every="1h", keys=[], columns=["time", "action"]).summary["rows"]["read"] == 4
    with pytest.raises(TypeError, match="cannot read int"):
        windrow.run([1])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="nothing to count"):
        windrow.run([])


def test_a_time_stands_in_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("Date,Time,action\n2024-01-31,09:05:00,Open\n2024-01-31,11:00:00,Open\n")
    question: dict[str, Any] = {"time": ["Date", "Time"], "every": "1h"}
    result = windrow.run(path, **question)
    assert counts(result) == [1, 1]
    assert windrow.run(path, every="1h", time=("Date", "Time"), keys=["action"]).windows.to_csv() == result.windows.to_csv()
    job = windrow.Job(path, **question)
    assert windrow.run(pickle.loads(pickle.dumps(job))).windows.to_csv() == result.windows.to_csv()
    assert job.change(every="1d") == windrow.Job(path, time=["Date", "Time"], every="1d")
    assert windrow.check(path, **question)["summary"]["rows"]["read"] == 2
    with pytest.raises(windrow.JobError, match="one column, or in two"):
        windrow.run(path, time=["Date", "Time", "action"], every="1h")


def test_bytes_and_file_objects_are_called_by_what_they_are(events: Path) -> None:
    bad = b"time,action\nyesterday,Open\n2024-01-31T09:05:00Z,Open\n"
    result = windrow.run([bad, bad + b"2024-01-31T09:05:00Z,Open\n"], every="1h")
    assert [row["file"] for row in result.files.to_dicts()] == ["bytes", "bytes (2)"]
    assert result.rejects.to_dicts()[0]["file"] == "bytes"


def test_keywords_take_what_python_has(events: Path) -> None:
    zone = timezone.utc
    result = windrow.run(
        events,
        every=timedelta(hours=1),
        zone=ZoneInfo("Europe/Berlin"),
        keys=["action"],
        values=("Open",),
        top=("Open", 1),
        peaks={"by": "Open", "limit": 3, "threshold": 4, "gaps": True},
        from_=datetime(2024, 1, 31, 9, tzinfo=zone),
        to=datetime(2024, 1, 31, 10, tzinfo=zone),
        max_rejects=5,
    )
    assert [row["open_count"] for row in result.windows.to_dicts()] == [2]
    assert result.windows.to_dicts()[0]["window_start"] == "2024-01-31T10:00:00+01:00"
    assert result.top.to_dicts()[0]["count"] == 2
    assert len(result.peaks) == 0 and "reason" in result.peaks.columns
    with pytest.raises(ValueError, match='peaks: "most" is not'):
        windrow.run(events, peaks={"most": 3})
    with pytest.raises(TypeError, match="every is a text"):
        windrow.run(events, every=True)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no keyword evry; did you mean every"):
        windrow.run(events, evry="1h")  # type: ignore[call-arg]


def test_peaks_say_why(tmp_path: Path) -> None:
    rows = [f"2024-01-31T09:{minute:02}:00Z,Open" for minute in range(60) for _ in range(50 if minute == 30 else 2)]
    (tmp_path / "a.csv").write_text("\n".join(["time,action", *rows, ""]))
    for asked in (3, "Open:3", ("Open", 3), {"by": "Open"}):
        result = windrow.run(tmp_path / "a.csv", every="1m", peaks=asked)
        [peak] = result.peaks.to_dicts()
        assert (peak["value"], peak["expected"], peak["kind"]) == (50, 2.0, "peak")
        assert peak["reason"].endswith(" 50: 25.0 times the usual of the windows around it") or asked == 3
        assert result.summary["reports"][0]["peaks"][0]["score"] == peak["score"] == 33.94
    assert "▼ marks 1 window that stands out" in result._repr_html_()


def test_look_ups_are_texts_or_dictionaries(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,user\n2024-01-31T09:00:00Z,u1\n2024-01-31T09:01:00Z,u2\n2024-01-31T09:02:00Z,u9\n")
    users = tmp_path / "users.csv"
    users.write_text("id,country\nu1,DE\nu2,FR\n")
    asked: dict[str, Any] = {"path": users, "on": {"user": "id"}, "columns": "country", "prefix": "of_", "unmatched": "filter"}
    for lookups, key, expected in [
        (f"{users} on user=id", "country", {"DE": 1, "FR": 1, None: 1}),
        ([f"{users} on user=id"], "country", {"DE": 1, "FR": 1, None: 1}),
        (asked, "of_country", {"DE": 1, "FR": 1}),
    ]:
        result = windrow.run(tmp_path / "a.csv", lookups=lookups, keys=key, every="1h")
        assert {row[key]: row["count"] for row in result.windows.to_dicts()} == expected
    with pytest.raises(TypeError, match="lookups: .of. is not one of path, on"):
        windrow.run(tmp_path / "a.csv", lookups={"of": 3})
    with pytest.raises(windrow.Error, match="is not a column of the table"):
        windrow.run(tmp_path / "a.csv", lookups=f"{users} on usr")


def test_errors_say_what_and_where_by_kind(events: Path, tmp_path: Path) -> None:
    with pytest.raises(windrow.JobError) as wrong:
        windrow.run(events, time="tim")
    assert (wrong.value.exit_code, wrong.value.location.file) == (2, str(events))
    assert "time=\"time\"" in (wrong.value.help or "")
    job = tmp_path / "job.toml"
    job.write_text("name = 'a'\nversion = 1\n[source]\npath = 'events.csv'\ntime = 'time'\n[reports.r]\nevery = '10x'\n")
    with pytest.raises(windrow.JobError) as wrong:
        windrow.run(job)
    assert wrong.value.location == (str(job), 7, 86, "9")
    with pytest.raises(windrow.DataRefused) as refused:
        windrow.run(events, max_rejects=0, every="1h", keys=[])
    assert refused.value.summary is not None and refused.value.summary["rows"]["refused"] == 4
    assert isinstance(refused.value, windrow.Error) and "error.result.rejects" in str(refused.value)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (str(again), again.code, again.summary) == (str(refused.value), refused.value.code, refused.value.summary)


def test_an_answer_without_refused_files_is_on_the_error(events: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("time,action\nnever,Open\nnever,Open\n2024-01-31T09:05:00Z,Open\n")
    with pytest.raises(windrow.DataRefused) as refused:
        windrow.run([events, tmp_path / "other.csv"], every="1h", keys=[], max_rejects=1)
    result = refused.value.result
    assert result is not None and counts(result) == [2, 0, 1]
    assert [row["state"] for row in result.files.to_dicts()] == ["counted", "refused"]


def test_a_job_is_made_changed_saved_and_pickled(events: Path, tmp_path: Path) -> None:
    job = windrow.Job(events, every="1h", case="lower")
    assert pickle.loads(pickle.dumps(job)) == job
    daily = job.change(every="1d", values=["open", "close"])
    assert daily != job and "every = \"1h\"" in job.to_toml()
    saved = daily.save(tmp_path / "job.toml")
    assert saved.path == str(tmp_path / "job.toml") and pickle.loads(pickle.dumps(saved)) == saved
    assert windrow.Job.read(tmp_path / "job.toml") == saved
    assert windrow.run(saved).windows.to_csv() == windrow.run(daily).windows.to_csv()
    with pytest.raises(windrow.JobError, match="says something else"):
        job.save(tmp_path / "job.toml")
    with pytest.raises(TypeError, match="would change the answer"):
        windrow.run(job, every="1d")
    # What is saved elsewhere leads to the same files.
    (tmp_path / "below").mkdir()
    assert windrow.run(saved.save(tmp_path / "below" / "job.toml")).summary["rows"] == windrow.run(saved).summary["rows"]


def test_a_ledger_is_kept_and_asked(events: Path, tmp_path: Path) -> None:
    job = windrow.Job(events, every="1h", keep=str(tmp_path / "out"))
    assert windrow.plan(job)["files_to_read"] == 1 and "1 to read" in repr(windrow.plan(job))
    assert windrow.run(job).summary["ledger_version"] == 1
    assert windrow.plan(job)["files_to_read"] == 0
    with events.open("a") as file:
        file.write("2024-01-31T11:30:00Z,Close\n")
    os.utime(events, (0, 0))
    assert windrow.run(job).summary["windows_changed"] == 1
    change = windrow.changes(job).to_dicts()[-1]
    assert (change["old"], change["new"]) == (1, 2)
    why = windrow.why(job, "2024-01-31 11:00", "Close", since="2000-01-01")
    assert why["numbers"][0]["count"] == 2 and "Close" in repr(why) and "<table>" in why._repr_html_()
    assert len(windrow.show(job, "rejects")) == 1 and len(windrow.show(job, "runs")) == 2
    assert windrow.run(job, again="all").summary["bytes_read"] == events.stat().st_size
    with pytest.raises(windrow.JobError, match="no table is named"):
        windrow.show(job, "tables")
    without = windrow.Job(events, every="1h")
    for ask in [windrow.plan, lambda job: windrow.show(job, "runs"), lambda job: windrow.backup(job, tmp_path / "backup")]:
        with pytest.raises(windrow.JobError, match="keeps nothing") as wrong:
            ask(without)
        assert wrong.value.help == 'add keep="out", and run it once' and wrong.value.code == "no-ledger"


def test_a_ledger_is_restored_and_lists_old_folders_on_demand(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def put(day: int, name: str = "a.csv") -> None:
        folder = tmp_path / "logs" / f"date=2024-01-{day:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"time,action\n2024-01-{day:02}T00:00:00Z,{name}\n")
        # A file that was written just before it is counted is read again.
        os.utime(folder / name, (1_700_000_000, 1_700_000_000))

    for day in (1, 2, 9):
        put(day)
    text = """name = "a"\nversion = 1\nsource = { path = "logs", time = "time", keys = ["action"], look_back = "7d" }
reports.days.every = "1d"\noutput.path = "out"\n"""
    (tmp_path / "job.toml").write_text(text)
    job = windrow.Job.read(tmp_path / "job.toml")
    windrow.run(job)
    caplog.set_level("INFO", "windrow")
    windrow.backup(tmp_path / "job.toml", tmp_path / "backup")
    with pytest.raises(windrow.JobError, match="holds a backup already"):
        windrow.backup(job, tmp_path / "backup")
    answer = windrow.digest(job)
    shutil.rmtree(tmp_path / "out")
    windrow.restore(job, str(tmp_path / "backup"))
    assert windrow.digest(job) == answer
    told = [record.message for record in caplog.records if "ledger version 1: " in record.message]
    assert ["copied to" in told[0], "restored to" in told[1], len(told)] == [True, True, 2]
    put(1, "late.csv")
    assert windrow.plan(job)["unlisted"] == {"before": "2024-01-02", "folders": [{"folder": "logs/date=2024-01-01/", "files": 1}]}
    assert windrow.run(job).summary["rows"]["read"] == 0
    assert windrow.plan(job, list_all=True)["files_to_read"] == 1
    assert windrow.run(job, list_all=True).summary["rows"]["read"] == 1


def test_answers_are_compared(events: Path, tmp_path: Path) -> None:
    job = windrow.Job(events, every="1h")
    windrow.run(job).write(tmp_path / "old.csv")
    same = windrow.compare(tmp_path / "old.csv", job)
    assert same and same.equal and same["windows_differing"] == 0
    other = windrow.compare(job, job.change(case="lower"))
    assert not other and "differ" in repr(other)
    assert windrow.digest(job) == windrow.digest(events, every="1h") != windrow.digest(job.change(every="1d"))


def test_a_check_tells_what_it_finds(events: Path, tmp_path: Path) -> None:
    found = windrow.check(str(events), every="1h", values=["Open"])
    assert found["summary"]["rows"]["read"] == 4 and "ok: nothing was published" in repr(found)
    assert found["inputs"].startswith("1 input file, ") and found["notes"][-2] == f"sample: the first 4 rows of {events}"
    with pytest.raises(windrow.JobError) as wrong:
        windrow.check(str(events), time="tim")
    assert wrong.value.code == "missing-column"
    job = windrow.Job(events, every="1h", keep=str(tmp_path / "kept"))
    assert any("can be written; there is no ledger yet" in note for note in windrow.check(job)["notes"])
    windrow.run(job)
    assert "a run would find 1 file: 1 same; 0 B to read" in windrow.check(job)["notes"]
    dirty = b"time,action\nyesterday,Open\n2024-01-31T09:05:00Z,Open\n"
    assert "rejected bytes:2 (byte 12, column time): bad_time: yesterday,Open" in windrow.check(dirty)["notes"]
    with pytest.raises(windrow.JobError, match="a table in memory"):
        windrow.check(windrow.run(events).windows, time="window_start", keys=[])
    with pytest.raises(TypeError, match="every would change the answer of the job"):
        windrow.check(job, every="1d")


def test_a_generated_log_is_that_of_the_program(tmp_path: Path) -> None:
    """Every flag of the program is a keyword, with the same bytes for the same values, and the same words where it is wrong."""
    program = [sys.executable, "-m", "windrow", "generate"]
    text = subprocess.run([*program, "--help"], capture_output=True, text=True, check=True).stdout
    flags = {line.split("--")[1].split()[0].replace("-", "_") for line in text.splitlines() if line.strip().startswith(("--", "-o,"))}
    flags -= {"output", "help", "version", "quiet", "verbose", "log_format", "color"}
    recipes: list[windrow.Recipe] = [
        {},
        {"keys": ["action=Open:3,Close:1", "country=DE,FR"], "span": timedelta(hours=6), "start": date(2024, 1, 31), "seed": 7, "dirt": "1%"},
        {"order": "late", "extra_columns": 2, "time_format": "epoch_ms", "line_end": "crlf"},
        {"order": "late", "late_share": "50%", "late_by": timedelta(minutes=10)},
        {"format": "combined", "codec": "gzip", "keys": "status=200:9,404:1"},
        {"format": "json", "files": 3, "codec": "zstd"},
    ]
    assert {name.replace("keys", "key") for recipe in recipes for name in recipe} | {"events"} == flags
    for at, recipe in enumerate(recipes):
        keys = recipe.get("keys", [])
        values = {**recipe, "span": "6h" if "span" in recipe else None, "late_by": "10m" if "late_by" in recipe else None}
        given = [f"--{name.replace('_', '-')}={value}" for name, value in values.items() if value is not None and name != "keys"]
        given += [f"--key={key}" for key in ([keys] if isinstance(keys, str) else keys)]
        ours, theirs = tmp_path / f"ours-{at}", tmp_path / f"theirs-{at}"
        windrow.generate(ours, events="2k", **recipe)
        subprocess.run([*program, "--events=2k", *given, "--output", theirs], check=True)
        names = sorted(path.name for path in theirs.iterdir()) if "files" in recipe else [""]
        assert len(names) == recipe.get("files", 1)
        for name in names:
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), (recipe, name)
    with pytest.raises(windrow.JobError, match="span: `3` is not a duration") as wrong:
        windrow.generate(tmp_path / "log.csv", span="3")
    assert wrong.value.help == "write for example 90s, 10m, 6h, 3d or 2w"
    with pytest.raises(windrow.JobError, match="order: `up` is not one of sorted, shuffled, late"):
        windrow.generate(tmp_path / "log.csv", order="up")  # type: ignore[typeddict-item]
    with pytest.raises(windrow.JobError, match="the codec contradicts the ending of"):
        windrow.generate(tmp_path / "log.csv.gz", codec="xz")
    with pytest.raises(TypeError, match="no keyword rows"):
        windrow.generate(tmp_path / "log.csv", rows=10)  # type: ignore[call-arg]
    assert not (tmp_path / "log.csv").exists()


def test_ctrl_c_stops_a_log_and_leaves_no_part_of_it(tmp_path: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt() -> None:
        while not list(tmp_path.iterdir()):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        windrow.generate(tmp_path / "log.csv", events="1G")
    thread.join()
    assert list(tmp_path.iterdir()) == []


def test_what_is_chosen_is_logged(events: Path, caplog: pytest.LogCaptureFixture) -> None:
    windrow.run(events)
    assert not [record for record in caplog.records if record.levelno < logging.WARNING]
    caplog.set_level("INFO", "windrow")
    windrow.run(events)
    assert any("time column: time" in record.message for record in caplog.records)


def test_progress_is_told_and_may_stop_the_run(large: Path) -> None:
    told: list[windrow.Progress] = []
    windrow.run(large, every="1h", progress=told.append)
    assert told and all(0 <= of.bytes_done <= of.bytes_total for of in told)
    assert [of.rows_done for of in told] == sorted(of.rows_done for of in told)

    def stop(_: windrow.Progress) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        windrow.run(large, every="1h", progress=stop)


def test_ctrl_c_stops_a_run(large: Path) -> None:
    # A shell ignores the signal for what it runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGINT)
    # Sent when the run has begun to read, so that there is a run to be stopped.
    sent: list[windrow.Progress] = []

    def interrupt(progress: windrow.Progress) -> None:
        if progress.rows_done and not sent:
            sent.append(progress)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        windrow.run(large, every="1h", progress=interrupt)
    assert sent
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_go_on_while_a_run_counts(tmp_path: Path) -> None:
    # The run ends only if another thread of Python writes what it reads, step by step: a pipe holds a small part of it.
    pipe = tmp_path / "events.csv"
    os.mkfifo(pipe)
    block = b"2024-01-31T09:05:00Z,Open\n" * 10_000
    written: list[int] = []

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(b"time,action\n")
            for _ in range(100):
                written.append(file.write(block) or 0)

    writing = threading.Thread(target=write)
    writing.start()
    result = windrow.run(pipe, every="1h")
    writing.join()
    assert written == [len(block)] * 100
    assert counts(result) == [1_000_000]


def test_threads_and_forks_run_by_themselves(events: Path) -> None:
    results: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: results.append(counts(windrow.run(events, every="1h", keys=[])))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[2, 0, 1]] * 4
    child = os.fork()
    if child == 0:
        ok = counts(windrow.run(events, every="1h", keys=[])) == [2, 0, 1]
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_job_runs_in_other_processes(events: Path) -> None:
    job = windrow.Job(events, every="1h", keys=[])
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(2) as pool:
            digests = pool.map(windrow.digest, [job, job.change(every="1d"), job])
        assert digests == [windrow.digest(job), windrow.digest(job.change(every="1d")), windrow.digest(job)]


def test_the_command_comes_with_the_package(events: Path) -> None:
    program = Path(sys.executable).with_name("windrow")
    done = subprocess.run([program, "run", events, "--every", "1h", "--no-key"], capture_output=True, text=True, check=False)
    assert done.stdout == windrow.run(events, every="1h", keys=[]).windows.to_csv()
    missing = subprocess.run([program, "run", "no/such.csv"], capture_output=True, text=True, check=False)
    assert missing.returncode == 2 and "no such file" in missing.stderr
    unknown = subprocess.run([program, "run", "a.csv", "--sep", ";"], capture_output=True, text=True, check=False)
    assert "windrow run a.csv --delimiter ';'" in unknown.stderr
