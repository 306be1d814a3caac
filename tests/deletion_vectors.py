"""Deletion vectors of Delta tables, written as the protocol of Delta describes them: delta-rs does not write them."""

import base64
import collections
import struct
import zlib


def bitmap(rows):
    """A set of row numbers as Delta stores it: 64-bit Roaring, of 32-bit ones with containers of sorted numbers."""
    parts = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in sorted(rows):
        parts[row >> 32][row >> 16 & 0xFFFF].append(row & 0xFFFF)
    found = struct.pack("<IQ", 1_681_511_377, len(parts))
    for high, containers in parts.items():
        found += struct.pack("<III", high, 12_346, len(containers))
        found += b"".join(struct.pack("<HH", key, len(low) - 1) for key, low in containers.items())
        stored = [container(low) for low in containers.values()]
        at = 8 + 8 * len(stored)
        for part in stored:
            found += struct.pack("<I", at)
            at += len(part)
        found += b"".join(stored)
    return found


def container(numbers):
    """Up to 4,096 numbers of 16 bits; or a bit for each number there can be."""
    if len(numbers) <= 4_096:
        return struct.pack(f"<{len(numbers)}H", *numbers)
    return sum(1 << number for number in numbers).to_bytes(8_192, "little")


def z85(data):
    """Base 85 with the alphabet of ZeroMQ, which Python has from 3.13 on."""
    python, zeromq = (
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
    )
    return base64.b85encode(data).decode().translate(str.maketrans(python, zeromq))


class Vectors:
    """The deletion vectors of one commit. They are stored in one file, or in the log."""

    def __init__(self, name):
        """`name` is the UUID in the name of the file."""
        self.name, self.path, self.bytes = name, None, b"\x01"

    def add(self, rows, folder=""):
        """What the log says of the vector of these rows, whose file is in `folder` of the table; none: it is in the log."""
        data = bitmap(rows)
        said = {"sizeInBytes": len(data), "cardinality": len(rows)}
        if folder is None:
            return said | {"storageType": "i", "pathOrInlineDv": z85(data + bytes(-len(data) % 4))}
        said |= {"storageType": "u", "pathOrInlineDv": folder + z85(self.name.bytes), "offset": len(self.bytes)}
        self.path = f"{folder}/deletion_vector_{self.name}.bin".lstrip("/")
        self.bytes += struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
        return said
