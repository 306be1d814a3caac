"""The command `windrow`."""

import sys

from . import _native


def main() -> int:
    """Does what the command line says; gives the exit code."""
    return _native.command(sys.argv[1:])
