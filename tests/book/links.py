#!/usr/bin/env python3
"""Builds the book and checks every link that stays in the repository: in the book as it is built, and in all other documents. Their tags
must end.

  python tests/book/links.py MDBOOK
"""

import json
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
# Pages that mdBook makes for itself.
OWN_PAGES = {"404.html", "toc.html"}


class Page(HTMLParser):
    """What a page of HTML links to, and the places in it that can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.places.add(value)


class Markdown:
    """The same of a document, whose headings are places by their text, as GitHub names them."""

    def __init__(self, text):
        self.links, self.places, self.cut = [], set(), []
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        for token, inline in zip(tokens, [*tokens[1:], None]):
            if token.type == "heading_open":
                self._add(slug("".join(part.content for part in inline.children if part.type in ("text", "code_inline"))))
            self._read(token)
            for part in token.children or []:
                self._read(part)

    def _read(self, token):
        if token.type in ("html_block", "html_inline"):
            page = Page(token.content)
            self.links, self.places = self.links + page.links, self.places | page.places
        elif token.type == "text":
            # A tag that does not end is text, which a reader sees.
            self.cut += re.findall(r"</?[a-z]\w*", token.content)
        link = token.attrGet("href") or token.attrGet("src")
        self.links += [link] if link else []

    def _add(self, place):
        number = 0
        while (one := f"{place}-{number}" if number else place) in self.places:
            number += 1
        self.places.add(one)


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def documents(root):
    """Each document of a folder with its text; of a notebook its cells of text."""
    found = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md", "*.ipynb"], cwd=root, capture_output=True, check=True).stdout
    for name in sorted(filter(None, found.decode().split("\0"))):
        path = root / name
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        if name.endswith(".ipynb"):
            text = "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
        yield path, text


def broken(pages):
    """The links of pages (by path) to files and places that are not there."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.name}: {link}: there is no such file"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{path.name}: {link}: there is no such heading"


def wrong(root, mdbook):
    """What is wrong with the documents of a folder."""
    read = {path.resolve(): Markdown(text) for path, text in documents(root)}
    found = [*broken(read), *(f"{path.name}: the tag {tag} does not end" for path, one in read.items() for tag in one.cut)]
    summary = Markdown((root / "docs" / "SUMMARY.md").read_text(encoding="utf-8")).links
    pages = {path.name for path in (root / "docs").glob("*.md")} - {"SUMMARY.md"}
    found += [f"docs/SUMMARY.md does not have {name}" for name in sorted(pages - set(summary))]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([mdbook, "build", "--dest-dir", folder, root], capture_output=True, text=True, check=False)
        if done.returncode:
            return [*found, f"mdbook: {done.stdout}{done.stderr}"]
        book = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in Path(folder).rglob("*.html") if path.name not in OWN_PAGES}
        found += [f"in the book, {one}" for one in broken(book)]
        if len(book) < len(pages):
            found.append(f"the book has {len(book)} pages, and docs/ has {len(pages)}")
    return sorted(set(found))


def copied(folder):
    """A folder with a small book, which is a repository too."""
    for name, text in SMALL.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", folder], check=True)


SMALL = {
    "book.toml": '[book]\ntitle = "t"\nsrc = "docs"\n[build]\ncreate-missing = false\n',
    "README.md": "# t\n\n[a](docs/a.md#two-words) ![b](docs/b.svg)\n",
    "docs/SUMMARY.md": "# Summary\n\n- [a](a.md)\n- [c](c.md)\n",
    "docs/a.md": "# A\n\n## Two `words`\n\n## Two words\n\n```text\n[no link](nowhere.md)\n## No heading\n```\n\n[c](c.md) [again](#two-words-1)\n",
    "docs/b.svg": "<svg/>",
    "docs/c.md": "# C\n",
}
# A change of a document, and what has to be said of it.
FAULTS = [
    ("README.md", "docs/b.svg", "docs/d.svg", "there is no such file"),
    ("README.md", "#two-words", "#no-heading", "there is no such heading"),
    ("docs/a.md", "(c.md)", "(d.md)", "there is no such file"),
    ("docs/a.md", "(c.md)", "(../README.md)", "in the book, a.html"),
    ("docs/a.md", "#two-words-1", "#two-words-2", "there is no such heading"),
    ("docs/a.md", "[c](c.md)", '<a href="d.md">d</a>', "there is no such file"),
    ("docs/a.md", "[c](c.md)", "<details<summary>[c](c.md)", "a.md: the tag <details does not end"),
    ("docs/SUMMARY.md", "- [c](c.md)\n", "", "docs/SUMMARY.md does not have c.md"),
    ("docs/SUMMARY.md", "- [c](c.md)\n", "- [d](d.md)\n", "mdbook: "),
]


def main():
    mdbook = Path(sys.argv[1]).resolve()
    passed, failed = 0, wrong(ROOT, mdbook)
    passed += not failed
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        failed += [f"a book without a fault: {one}" for one in wrong(Path(folder), mdbook)]
        for name, part, fault, said in FAULTS:
            path = Path(folder) / name
            assert part in SMALL[name], f"{name} has no {part}"
            path.write_text(SMALL[name].replace(part, fault), encoding="utf-8")
            if any(said in one for one in wrong(Path(folder), mdbook)):
                passed += 1
            else:
                failed.append(f"{fault} in {name} is not seen")
            path.write_text(SMALL[name], encoding="utf-8")
    print("\n".join(failed))
    print(f"book: {passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
