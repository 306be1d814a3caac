"""A store that speaks as much of S3 as a reader needs, and waits before each answer, as a network does."""

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
    """Serves the files of `folder` as the bucket `bucket`; prints the port and goes on until its standard input ends."""
    folder = os.path.realpath(folder)
    names = sorted(os.listdir(folder))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one piece.
        wbufsize = 1 << 16

        def do_GET(self):
            time.sleep(delay_s)
            url = urllib.parse.urlsplit(self.path)
            asked = urllib.parse.parse_qs(url.query)
            if "list-type" in asked:
                return self.listed(asked)
            name = urllib.parse.unquote(url.path.removeprefix("/bucket/"))
            if name not in names:
                return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>No such key.</Message></Error>")
            self.sent(os.path.join(folder, name))

        do_HEAD = do_GET

        def listed(self, asked):
            begin = int(asked.get("continuation-token", ["0"])[0])
            prefix = asked.get("prefix", [""])[0]
            matching = [name for name in names if name.startswith(prefix)]
            page = matching[begin : begin + PAGE]
            items = "".join(
                f"<Contents><Key>{escape(name)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>&quot;1&quot;</ETag><Size>{os.path.getsize(os.path.join(folder, name))}</Size></Contents>"
                for name in page
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
                size = os.fstat(file.fileno()).st_size
                begin, end, status = 0, size, 200
                if asked := self.headers.get("Range"):
                    first, _, last = asked.removeprefix("bytes=").partition("-")
                    begin, end, status = int(first), min(size, int(last or size - 1) + 1), 206
                self.send_response(status)
                self.send_header("ETag", '"1"')
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
