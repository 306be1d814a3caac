"""Fetches objects as `aws s3 cp` does by default, ten ranges of 8 MiB at a time, and lets go of the bytes: what a store gives at most."""

import concurrent.futures
import http.client
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree

THREADS, RANGE = 10, 8 << 20
LOCAL = threading.local()


def asked(port, path, headers=()):
    if not hasattr(LOCAL, "connection"):
        LOCAL.connection = http.client.HTTPConnection("127.0.0.1", port)
    LOCAL.connection.request("GET", path, headers=dict(headers))
    return LOCAL.connection.getresponse()


def fetched(port, name, begin, end):
    answer = asked(port, f"/bucket/{urllib.parse.quote(name)}", {"Range": f"bytes={begin}-{end - 1}"})
    into, read = bytearray(end - begin), 0
    while got := answer.readinto(memoryview(into)[read:]):
        read += got
    return read


def listed(port):
    token, objects = "", []
    while True:
        more = f"&continuation-token={token}" if token else ""
        page = xml.etree.ElementTree.fromstring(asked(port, f"/bucket?list-type=2{more}").read())
        objects += [(item.findtext("Key"), int(item.findtext("Size"))) for item in page.iter("Contents")]
        token = page.findtext("NextContinuationToken")
        if not token:
            return objects


def main(port):
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        parts = [
            (name, begin, min(size, begin + RANGE)) for name, size in listed(port) for begin in range(0, size, RANGE)
        ]
        read = sum(pool.map(lambda part: fetched(port, *part), parts))
    print(time.perf_counter() - start, read)


if __name__ == "__main__":
    main(int(sys.argv[1]))
