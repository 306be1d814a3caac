"""A CSV log whose events have a user and a number, and beside it a table of all users."""

from .json_rows import rewrite

USERS = 10_000
COUNTRIES = ("DE", "FR", "JP", "SE", "US")
PLANS = ("free", "pro", "team")


def with_users(rows, path):
    """Writes the log as `time,user,bytes` to `path`, and the users to a file beside it."""
    rewrite(rows, path, line, "time,user,bytes\n")
    with open(table_of(path), "w", encoding="utf-8", newline="\n") as out:
        out.write("id,country,plan\n")
        for user in range(USERS):
            chance = user * 2654435761 % 4294967296
            out.write(f"u{user},{COUNTRIES[(chance >> 9) % 5]},{PLANS[(chance >> 5) % 3]}\n")


def table_of(path):
    return path.with_name(f"{path.stem}.users.csv")


def line(number, time, action):
    # A number that looks random and is the same on every machine.
    chance = number * 2654435761 % 4294967296
    return f"{time},u{(chance >> 7) % USERS},{(chance >> 8) >> (chance & 15)}\n"
