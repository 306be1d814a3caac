"""The events of a CSV log as objects, one per line."""

PATHS = ("/", "/cart", "/search?q=a+long+query+of+many+words", "/item/123456", "/account/settings/privacy")
AGENTS = (
    "curl/8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0 OpenSSL/3.0.13 zlib/1.3 brotli/1.1.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15",
)
NOTES = (r'said \"hello\" twice', r"tab\tand line\nend", "plain text, and more of it", r"C:\\Users\\anna", r"caf\u00e9 latte", "x")
NAMES = ("Anna Maria", "Bo", "Christopher Robin Smith")
LEVELS = ("info", "warn", "error", "debug")


def narrow(rows, path):
    """Time and action alone."""
    rewrite(rows, path, lambda number, time, action: f'{{"time":"{time}","action":"{action}"}}\n')


def wide(rows, path):
    """Eight members of texts of many lengths, with escapes, an object and an array: some 300 bytes."""
    rewrite(rows, path, wide_line)


def wide_line(number, time, action):
    # Any number that looks like chance and is the same everywhere.
    chance = number * 2654435761 % 4294967296
    pick = lambda of, shift: of[(chance >> shift) % len(of)]
    return (
        f'{{"id":{number},"time":"{time}","level":"{pick(LEVELS, 4)}","action":"{action}",'
        f'"user":{{"id":"u{chance % 99991}","name":"{pick(NAMES, 7)}","tags":["a","{pick(LEVELS, 9)}",{chance % 97},null]}},'
        f'"path":"{pick(PATHS, 11)}","ms":{chance % 10007 / 100},"note":"{pick(AGENTS, 13)} {pick(NOTES, 15)}"}}\n'
    )


def rewrite(rows, path, line, header=""):
    with open(rows, encoding="utf-8") as opened, open(path, "w", encoding="utf-8", newline="\n") as out:
        next(opened)
        out.write(header)
        for number, row in enumerate(opened):
            out.write(line(number, *row.rstrip("\n").split(",")))
