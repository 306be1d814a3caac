"""JSON that Spark reads itself, compared with the embedded engine: random jobs and files, and special cases of files.

  WINDROW_SEEDS=1000 python tests/spark/all.py target/debug/windrow objects
  python tests/spark/objects.py FOLDER SEED              # the job and the files of a seed that differs
"""

import csv
import io
import random

import objects
from differential_test import seeds_agree
from program import same, windrow
from sql_test import answered_by_both, of_any_reader

ROUNDS = 20
# Lines of a seed of the gate, and the share of those without dirt whose values Spark must give. Of a file that is mostly dirt it gives none.
LINES, CLEAN_MIN = 3_000, 0.7


def test_both_engines_read_the_same_of_objects(place):
    seeds_agree(place, objects.write, ROUNDS)


def test_the_gate_lets_through_what_windrow_reads_alike(place):
    """Each line has an id, which is a key. A line whose reader is the cluster went through the gate; all values must be windrow's."""
    for seed, dirt in [(1, 0), (2, 0.3), (3, 0.4), (4, 0.4)]:
        chance = random.Random(f"gate {seed}")
        paths = ["action", "user.id", "user.name", "payload.deep.er", "größe", "${x}", '"log.level"', "(?:x)"]
        folder = place.folder / str(seed)
        prepared(folder, paths, {"a.ndjson": objects.Log(chance, paths, "iso", dirt).bytes(LINES)})
        spark, embedded = answered_by_both(place, folder, place.address)
        same(*(of_any_reader(answer) for answer in (embedded, spark)))
        readers = [row["reader"] for row in csv.DictReader(io.StringIO(spark["answer"]))]
        by_spark = readers.count("cluster") / LINES
        print(f"dirt {dirt:.0%}: {len(readers)} lines count, {by_spark:.0%} of all by Spark")
        assert by_spark > CLEAN_MIN * (1 - dirt), f"Spark reads only {readers.count('cluster')} of {LINES} lines"


def prepared(folder, paths, files, more="", keys=("id", "reader")):
    """A job and its files, once as windrow sees them and once as Spark does: only the member `reader` differs."""
    for name, reader in [("in", b"windrow"), ("cluster", b"cluster")]:
        (folder / name).mkdir(parents=True)
        for file, text in files.items():
            (folder / name / file).write_bytes(text.replace(b'"windrow"', b'"%s"' % reader))
    keys = ", ".join("'%s'" % key for key in [*keys, *paths])
    (folder / "job.toml").write_text(
        f'name = "objects"\nversion = 1\n[source]\npath = "in"\nformat = "json"\ntime = "time"\nkeys = [{keys}]\n{more}'
        '[limits]\nrejects = "100%"\n[reports.r]\nevery = "1h"\nfill = "none"\n'
        f'[engine.spark.paths]\n"{folder}/in" = "{folder}/cluster"\n'
        '[engine.spark.conf]\n"spark.sql.files.openCostInBytes" = 0\n"spark.sql.files.maxPartitionBytes" = 65536\n'
    )


def line(number, more=""):
    return b'{"time":"2016-07-26T00:00:%02dZ","id":%d,"reader":"windrow","action":"Open"%s}' % (number % 60, number, more.encode())


def test_files_of_every_kind_beside_each_other(place):
    many = [line(number) for number in range(500)]
    longest = (1 << 20) - len(line(1, ',"x":""'))
    files = {
        "marked.ndjson": b"\xef\xbb\xbf" + b"\r\n".join(many),
        "blank.ndjson": b"\n \n\t\r\n".join(many) + b"\n\n",
        "only blank.ndjson": b" \n\n\r\n",
        "empty.ndjson": b"",
        "mark.ndjson": b"\xef\xbb\xbf",
        "one.ndjson": many[0],
        "array.json": b"[" + b",\n".join(many) + b"]",
        "printed.json": b'{\n"time":"2016-07-26T00:00:00Z",\n"id":1}\n' * 3,
        "long.ndjson": b"\n".join(line(1, f',"x":"{"y" * (longest + more)}"') for more in (-1, 0, 1, 3 << 20)) + b"\n" + b"\n".join(many),
        "dirty.ndjson": b"\n".join([*many[:9], b"no", *([b"{}"] * 700), *many]),
    }
    prepared(place.folder, ["action"], files)
    spark, embedded = answered_by_both(place, place.folder, place.address)
    answers = [merged(answer) for answer in (embedded, spark)]
    same(*(of_any_reader(answer) for answer in answers))
    assert spark["exit code"] == 0 and spark["summary"]["files_read"] == len(files), spark["said"]
    assert "cluster" in spark["answer"] and "windrow" in spark["answer"], spark["answer"][:500]


def merged(answer):
    """An answer in which rows that differ only in the reader are one."""
    counts = {}
    for row in csv.DictReader(io.StringIO(answer["answer"])):
        row["reader"], n = "one", int(row.pop("count"))
        counts[tuple(row.values())] = counts.get(tuple(row.values()), 0) + n
    # The summary names the values with the highest counts, which two readers share.
    summary = {key: value for key, value in answer["summary"].items() if key != "reports"}
    return {**answer, "summary": summary, "answer": "\n".join(f"{key} {n}" for key, n in sorted(counts.items()))}


def test_lines_fit_templates_or_do_not(place):
    """The first lines show four orders, with members that come and go. Later ones are like them, or differ from them somewhere."""
    chance = random.Random("templates")
    extras = [["action", "a", "b", "n"], ["b", "action", "a", "n"], ["n", "a", "action", "b"], ["b", "a", "n", "action"]]
    values = {"action": ['"Open"', '"Cl\u00f6se"', "7", "-0.5", "true", "null"], "a": ['"x"', '"\\"y\\""', "null"], "b": ["[1,2]", "[3,4]"],
              "n": ["0", "10", '{"id":1}', '{"id":2,"action":"no"}']}

    def written(number, order, odd):
        kept = [name for name in order if chance.random() < 0.8]
        pick = lambda name: chance.choice(values[name])
        if odd:
            pick = lambda name: chance.choice(["01", '"\\n"', "[1,]", "[]", '"\x01"', "{}", "1e5", "1.", '"a" ', "tru", *values[name]])
        more = "".join(f',"{name}":{pick(name)}' for name in kept)
        text = line(number, more).replace(b',"action":"Open"', b"", 1)
        return text.replace(b'"x"', b'"\xff\xed\xa0\x80"') if odd and number % 3 == 0 else text

    lines = [written(number, extras[number % 4], number > 1000 and number % 5 == 0) for number in range(4000)]
    prepared(place.folder, ["action"], {"a.ndjson": b"\n".join(lines), "b.ndjson": b"\r\n".join(lines[2000:])})
    spark, embedded = answered_by_both(place, place.folder, place.address)
    same(*(of_any_reader(answer) for answer in (embedded, spark)))
    by_spark = sum(row["reader"] == "cluster" for row in csv.DictReader(io.StringIO(spark["answer"])))
    assert by_spark > 3000 and spark["summary"]["rows"]["rejected"] > 100, (by_spark, spark["summary"])


def test_rows_are_derived_filtered_and_joined_on_the_cluster(place):
    rows = [line(number, ',"n":"%s","user":{"name":"%s"}' % (number % 7, "abc"[number % 3])) for number in range(300)]
    rows.insert(100, line(300, ',"n":"many","user":{"name":"\\u0061"}'))
    table = place.folder / "names.csv"
    table.write_text("name,team\na,red\nb,blue\n")
    more = (
        'where = "CAST(n AS INTEGER) > 2"\n[source.derive]\naction = "lower(action) || n"\n'
        '[[source.lookup]]\npath = "names.csv"\non = { "user.name" = "name" }\nprefix = "of_"\nunmatched = "reject"\n'
    )
    prepared(place.folder, ["action", "of_team"], {"a.ndjson": b"\n".join(rows)}, more)
    spark, embedded = answered_by_both(place, place.folder, place.address)
    same(*(of_any_reader(answer) for answer in (embedded, spark)))
    counted = list(csv.DictReader(io.StringIO(spark["answer"])))
    assert {row["reader"] for row in counted} == {"cluster"} and len(counted) > 90, spark["said"]
    assert spark["summary"]["rows"]["filtered"] > 100 and spark["summary"]["rows"]["rejected"] > 50, spark["summary"]


def test_a_check_says_what_windrow_reads_itself(place):
    prepared(place.folder, ["action"], {"a.ndjson": line(1)})
    said = windrow(place, "check", "job.toml", "--engine", place.address).good().said
    assert "accepts the query of this job" in said, said
