"""What is said and kept: a table per case, goals beside the numbers, raw results as JSON."""

import json
import re
import statistics

from .cases import PEERS

ENGINE, NUMBER = 16, 11


def summary(runs):
    """Median, best and worst of the runs that worked, by engine, fastest first."""
    by_engine = {}
    for run in runs:
        if not run.failed:
            by_engine.setdefault(run.engine, []).append(run)
    rows = {
        engine: {
            "median_s": statistics.median(run.seconds for run in of),
            "best_s": min(run.seconds for run in of),
            "worst_s": max(run.seconds for run in of),
            "cpu_s": statistics.median(run.cpu_seconds for run in of),
            "peak_mb": max(run.peak_mb for run in of),
            "rounds": len(of),
        }
        for engine, of in by_engine.items()
    }
    return dict(sorted(rows.items(), key=lambda row: row[1]["median_s"]))


def judged(case, rows):
    """Each goal with what was measured and whether it is met; none where an engine did not run."""
    return [{"goal": goal.text, **judge(goal, rows)} for goal in case.goals]


def judge(goal, rows):
    ours = rows.get("windrow")
    if goal.unit == "factor":
        others = PEERS if goal.than == "the fastest peer" else (goal.than,)
        times = [rows[engine]["median_s"] for engine in others if engine in rows]
        if not ours or not times:
            return {"measured": None, "met": None}
        factor = min(times) / ours["median_s"]
        return {"measured": f"{factor:.2f} x", "met": factor >= goal.limit}
    if not ours:
        return {"measured": None, "met": None}
    value = ours["peak_mb"] if goal.unit == "MB" else ours["median_s"] * 1000
    return {"measured": f"{value:.0f} {goal.unit}", "met": value <= goal.limit}


def table(result):
    """A case as Markdown, which reads as well in a terminal."""
    heads = ("median s", "best s", "worst s", "CPU s", "peak MB", "rounds")
    lines = [
        f"### {result['case']}: {result['events']:,} events, {result['bytes'] / 1e6:,.0f} MB"
        f"{', cold' if result['cold'] else ''}",
        "",
        f"| {'engine':{ENGINE}} | " + " | ".join(f"{head:>{NUMBER}}" for head in heads) + " |",
        f"|{'-' * (ENGINE + 2)}|" + f"{'-' * (NUMBER + 1)}:|" * len(heads),
    ]
    for engine, row in result["summary"].items():
        seconds = (row["median_s"], row["best_s"], row["worst_s"], row["cpu_s"])
        cells = [f"{value:{NUMBER}.3f}" for value in seconds]
        cells += [f"{row['peak_mb']:{NUMBER}.0f}", f"{row['rounds']:{NUMBER}}"]
        lines.append(f"| {engine:{ENGINE}} | " + " | ".join(cells) + " |")
    lines.append("")
    for goal in result["goals"]:
        verdict = {True: "met", False: "MISSED", None: "not measured"}[goal["met"]]
        lines.append(f"- goal {goal['goal']}: {goal['measured'] or '-'}, {verdict}")
    lines.append(f"- {result['answer']}")
    lines += [f"- {engine} failed: {why}" for engine, why in result["failures"].items()]
    return "\n".join(lines) + "\n"


def keep(folder, machine, options, results):
    """Writes `<date>-<machine>.json` and `.md`; a second run of a day does not overwrite the first."""
    folder.mkdir(parents=True, exist_ok=True)
    cpu = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|@.*", "", machine["cpu"].lower())).strip("-")
    name = stem = f"{machine['date']}-{cpu}-{machine['cores']}cores"
    number = 1
    while (folder / f"{name}.json").exists():
        number += 1
        name = f"{stem}-{number}"
    document = {"machine": machine, "options": options, "results": results}
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    facts = [f"- {key}: {value}" for key, value in machine.items() if key != "versions"]
    facts += [f"- {key}: {value}" for key, value in machine["versions"].items() if value]
    command = f"bench/run {options['command']}".strip()
    facts.append(f"- command: `{command}` ({options['rounds']} rounds, {options['threads']} threads)")
    text = [f"# Benchmark of {machine['date']}", "", *facts, "", *(table(result) for result in results)]
    (folder / f"{name}.md").write_text("\n".join(text))
    return folder / f"{name}.md"
