#!/usr/bin/env python3
"""The HTML page in a browser: no error, no request, the numbers of the CSV, by keys alone, and nothing serious by axe-core.

    python tests/page/page.py target/debug/windrow [SCREENSHOTS]

It needs Chromium or Chrome, installs Chromium where it is root on Debian, and is skipped without one. SCREENSHOTS is a folder for pictures of the pages, to be looked at.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# How a page is looked at: width, height, colours, medium.
VIEWS = {
    "desk": (1200, 900, "light", "screen"),
    "dark": (1200, 900, "dark", "screen"),
    "phone": (390, 844, "light", "screen"),
    "print": (800, 1100, "light", "print"),
}
# What may be asked beside counts.
MORE = (
    *("--every", "1h", "--key", "status", "--values", "200,404", "--measure", "sum(bytes),p95(bytes)", "--top", "p95(bytes):3"),
    *("--peaks", "3", "--peaks-gaps", "--cumulative", "1d", "--previous", "1w"),
)
ASKED = (
    "How many events are there per hour, by status (200, 404), with sum(bytes) and p95(bytes)? How do they add up per day? "
    "How do they compare with 1w before? Which 3 windows have the greatest p95(bytes)? Which windows stand out?"
)
JOB = """name = "two"
version = 1
[source]
path = "hostile.csv"
time = "time"
keys = ["action"]
[reports.hours]
every = "1h"
[reports.days]
every = "1d"
values = ["Open", "<script>alert(1)</script>"]
top = { n = 3 }
"""


def browser_here():
    """Where the browser of this machine is. Ubuntu has no package of one that runs in a container."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found or os.geteuid() != 0 or platform.freedesktop_os_release()["ID"] != "debian":
        return found
    for command in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
        subprocess.run(["apt-get", "--quiet", *command], check=True, stdout=subprocess.DEVNULL)
    return shutil.which("chromium")


def windrow(program, folder, *arguments):
    done = subprocess.run([program, *arguments, "-q"], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def made(program, folder):
    """The pages, with how each is looked at."""
    shutil.copy(EXAMPLES / "events.csv", folder)
    question = ("--every", "10m", "--case", "title", "--values", "Open,Close", "--top", "Open:3")
    windrow(program, folder, "run", "events.csv", *question, "-o", "plain.html")
    windrow(program, folder, "run", "events.csv", *question, "-o", "plain.csv")
    windrow(program, folder, "run", "events.csv", "--every", "1m", "--values", "Open,Close", "-o", "long.html")
    windrow(program, folder, "run", "events.csv", "--every", "1m", "--values", "Open,Close", "-o", "long.csv")
    rows = "".join(
        f"2016-10-{29 + at // 24}T{at % 24:02}:00:00Z,{action}\n"
        for at in range(48)
        for action in ("Open", "<script>alert(1)</script>", '"a,""b"""', "\u202eevil", "x" * 200)
    )
    (folder / "hostile.csv").write_text("time,action\n" + rows)
    (folder / "job.toml").write_text(JOB)
    windrow(program, folder, "run", "job.toml", "-o", "several.html")
    windrow(program, folder, "generate", "--format", "combined", "--key", "status=200:9,404:1", "--events", "5000", "--start", "2024-01-01", "--span", "35d", "-o", "access.log")
    with (folder / "access.log").open("a") as log:
        log.write('10.0.0.9 - - [28/Jan/2024:20:05:00 +0000] "GET /old HTTP/1.1" 404 1200 "-" "curl"\n' * 400)
    windrow(program, folder, "run", "access.log", *MORE, "-o", "more.html")
    return {"plain": ("desk", "dark", "phone", "print"), "several": ("desk", "phone"), "more": ("desk", "phone"), "long": ("phone",)}


class Watched:
    """A page that is open, and what it said and asked for."""

    def __init__(self, browser, path, width, height, scheme, medium):
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        # A machine that is busy with other tests is slow.
        self.context.set_default_timeout(300_000)
        self.page, self.said, self.asked = self.context.new_page(), [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.emulate_media(media=medium)
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


def is_quiet(open_page, path):
    """It says nothing and asks for nothing but itself; what comes from outside is text."""
    assert not open_page.said, open_page.said
    assert open_page.asked == [path.as_uri()], open_page.asked
    assert open_page.page.locator("script").count() == 1 and open_page.page.locator("main b, main i").count() == 0
    scrolled = open_page.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert scrolled <= 0, f"{scrolled} pixels are beyond the right edge"


def is_accessible(open_page):
    """axe-core has no serious finding."""
    found = Axe().run(open_page.page).response["violations"]
    serious = [f"{of['id']}: {of['help']} {[node['html'][:120] for node in of['nodes'][:3]]}" for of in found if of["impact"] in ("serious", "critical")]
    assert not serious, "\n".join(serious)


def has_the_numbers_of(open_page, csv):
    """Its table is the CSV, byte for byte, in whatever order it is shown; its bars add up to the same."""
    page = open_page.page
    told, rows = csv.read_text(), [line.split(",") for line in csv.read_text().splitlines()[1:]]
    assert page.evaluate("document.querySelector('table.rows').csv()") == told
    page.locator("table.rows th button").nth(2).click()
    column = page.locator("table.rows tbody td:nth-child(3)").all_inner_texts()
    assert column == sorted(column, key=int, reverse=True) and column[0] == max((row[2] for row in rows), key=int), column[:9]
    assert page.evaluate("document.querySelector('table.rows').csv()") == told
    bars = page.locator(".wide figcaption + svg .bar").evaluate_all("bars => bars.map(bar => bar.getAttribute('aria-label'))")
    total = sum(int(bar.split(": ")[1].split(" event")[0].replace(",", "")) for bar in bars if " – " in bar)
    assert total == sum(int(n) for row in rows for n in row[2:5]), total
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert Path(download.value.path()).read_text() == told


def is_cut(open_page, csv):
    """A table of more than 2,000 rows shows its ends and says so, sorted too; what it saves says how much that is."""
    page, rows = open_page.page, csv.read_text().splitlines()[1:]
    shown = page.locator("table.rows tbody tr:not(.hidden)")
    note = f"… {len(rows) - 2000} more rows: write csv or parquet for all of them"
    for column in (None, 0, 2):
        if column is not None:
            page.locator("table.rows th button").nth(column).click()
        assert shown.count() == 2000 and page.locator("table.rows .hidden").all_inner_texts() == [note], column
    saved = page.evaluate("document.querySelector('table.rows').csv()").splitlines()[1:]
    assert saved == rows[:1000] + rows[-1000:], (len(saved), saved[:1])
    assert page.locator(".save").inner_text() == "Save these 2,000 rows as CSV"


def is_walked_by_keys(open_page):
    """Tab comes to all that can be used, arrows go through the bars, and what has the focus shows its values."""
    page = open_page.page
    focused = "[document.activeElement.tagName.toLowerCase(), document.activeElement.getAttribute('class'), document.activeElement.getAttribute('aria-label')]"
    walked = []
    for _ in range(80):
        page.keyboard.press("Tab")
        now = page.evaluate(focused)
        if now[0] == "body":
            break
        walked.append(now)
        if now[1] == "bar" and len([at for at in walked if at[1] == "bar"]) == 1:
            tip = page.locator(":focus .tip")
            assert tip.evaluate("tip => getComputedStyle(tip).visibility") == "visible"
            assert tip.text_content().split(":")[0] in now[2]
            for key in ("ArrowRight", "End", "Home"):
                page.keyboard.press(key)
                there = page.evaluate(focused)
                assert there[1] == "bar" and (there == now) == (key == "Home"), (key, there)
    kinds = {(name, css) for name, css, _ in walked}
    for wanted in [("g", "bar"), ("button", "save"), ("button", None), ("div", "scroll windows")]:
        assert wanted in kinds, (wanted, kinds)
    header = page.locator("table.rows th button").first
    header.focus()
    page.keyboard.press("Enter")
    assert page.locator("table.rows th").first.get_attribute("aria-sort") == "ascending"


def says_more_than_counts(open_page):
    """Its question names all that was asked; the table has a column for each, and peaks have theirs."""
    page = open_page.page
    assert page.get_by_text(ASKED, exact=True).count() == 1, page.locator("main p").all_inner_texts()[:5]
    names = " ".join(page.locator("table.rows th").all_inner_texts())
    for wanted in ("sum_bytes", "404_p95_bytes", "200_cumulative", "404_change_1w_percent"):
        assert wanted in names, (wanted, names)
    assert "2024-01-28 20:00" in page.locator("section table", has_text="times the usual").inner_text()


def looked_at(open_page, name, view, folder):
    is_quiet(open_page, folder / f"{name}.html")
    if name == "more":
        says_more_than_counts(open_page)
    if view in ("desk", "dark"):
        is_accessible(open_page)
    if view == "desk":
        is_walked_by_keys(open_page)
    if view == "desk" and name == "plain":
        has_the_numbers_of(open_page, folder / "plain.csv")
    if name == "long":
        is_cut(open_page, folder / "long.csv")


def main(program, shots):
    browser_path = browser_here()
    if browser_path is None:
        print(f"page: skipped: none of {', '.join(BROWSERS)} is on this machine")
        return
    passed = 0
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        # A sandbox of its own needs privileges that a container does not give.
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, views in made(program, folder).items():
            path = folder / f"{name}.html"
            for view in views:
                with Watched(browser, path, *VIEWS[view]) as open_page:
                    try:
                        looked_at(open_page, name, view, folder)
                    except AssertionError as error:
                        raise SystemExit(f"{name}.html, {view}: {error}") from error
                    if shots:
                        open_page.page.screenshot(path=shots / f"{name}-{view}.png", full_page=True)
                    passed += 1
        browser.close()
    print(f"page: {passed} passed")


if __name__ == "__main__":
    shots = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]).resolve(), shots)
