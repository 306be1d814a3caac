"""The files of a folder as a bucket: a store that speaks as much of S3 as a reader needs, and may wait before each answer, as a network does.

    python tests/stores/store.py FOLDER SECONDS

prints its port and serves the bucket `bucket` until its standard input ends.
"""

import http.server
import os
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

HOST = "127.0.0.1"
PAGE = 1_000


def serve(folder, delay_s):
    folder = os.path.realpath(folder)

    def at(name):
        return os.path.join(folder, name)

    def names():
        found = [os.path.relpath(os.path.join(inside, name), folder) for inside, _, files in os.walk(folder) for name in files]
        return sorted(found, key=os.fsencode)

    def tag(status):
        return f"{status.st_mtime_ns:x}-{status.st_size:x}"

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one piece.
        wbufsize = 1 << 16
        # As stores do: the end of an answer goes out at once, and not when its beginning has arrived.
        disable_nagle_algorithm = True

        def do_GET(self):
            if delay_s:
                time.sleep(delay_s)  # The delay of a network, for benchmarks; tests ask for none.
            url = urllib.parse.urlsplit(self.path)
            asked = urllib.parse.parse_qs(url.query)
            if "list-type" in asked:
                return self.listed(asked)
            name = urllib.parse.unquote(url.path.removeprefix("/bucket/"))
            if not os.path.isfile(at(name)):
                return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>No such key.</Message></Error>")
            self.sent(at(name))

        do_HEAD = do_GET

        def listed(self, asked):
            begin = int(asked.get("continuation-token", ["0"])[0])
            prefix = asked.get("prefix", [""])[0]
            matching = [name for name in names() if name.startswith(prefix)]
            page = matching[begin : begin + PAGE]
            items = "".join(
                f"<Contents><Key>{escape(name)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>&quot;{tag(status)}&quot;</ETag><Size>{status.st_size}</Size></Contents>"
                for name in page
                for status in [os.stat(at(name))]
            )
            more = begin + PAGE < len(matching)
            next_page = f"<NextContinuationToken>{begin + PAGE}</NextContinuationToken>" if more else ""
            body = (
                f"<ListBucketResult><Name>bucket</Name><KeyCount>{len(page)}</KeyCount>"
                f"<IsTruncated>{str(more).lower()}</IsTruncated>{next_page}{items}</ListBucketResult>"
            )
            self.answer(200, body.encode())

        def sent(self, path):
            with open(path, "rb") as file:
                status_of_file = os.fstat(file.fileno())
                size = status_of_file.st_size
                begin, end, status = 0, size, 200
                if asked := self.headers.get("Range"):
                    first, _, last = asked.removeprefix("bytes=").partition("-")
                    begin, end, status = int(first), min(size, int(last or size - 1) + 1), 206
                self.send_response(status)
                self.send_header("ETag", f'"{tag(status_of_file)}"')
                self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
                self.send_header("Content-Length", str(end - begin))
                if status == 206:
                    self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
                self.end_headers()
                if self.command == "GET":
                    self.wfile.flush()
                    while begin < end:
                        begin += os.sendfile(self.connection.fileno(), file.fileno(), begin, end - begin)

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    server = Server((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1], float(sys.argv[2]))
