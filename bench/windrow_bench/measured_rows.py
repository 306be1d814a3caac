"""The events of a CSV log with a number in each: bytes from 0 to some millions, few of them large."""

from .json_rows import rewrite


def with_bytes(rows, path):
    """Time, action and a whole number."""
    rewrite(rows, path, line, "time,action,bytes\n")


def line(number, time, action):
    # Any number that looks like chance and is the same everywhere.
    chance = number * 2654435761 % 4294967296
    return f"{time},{action},{(chance >> 8) >> (chance & 15)}\n"
