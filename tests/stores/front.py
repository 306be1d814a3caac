"""A web server before a store, which counts requests and does to them what stores and networks do: it answers late, refuses, cuts."""

import collections
import http.client
import http.server
import ssl
import threading
import time

HOST = "127.0.0.1"
# What stores answer to credentials that were valid for a time that is over: a status, a code and words.
EXPIRED = {
    "s3": (400, "ExpiredToken", "The provided token has expired."),
    "az": (403, "AuthenticationFailed", "Signature not valid in the specified time frame: Start [] - Expiry [] - Current []"),
}


def kind_of(method, path):
    """What is asked: a list, metadata (`stat`), to delete objects, or what the method says."""
    if "list-type=" in path or "comp=list" in path:
        return "list"
    if method == "POST" and ("?delete" in path or "comp=batch" in path):
        return "delete"
    return {"HEAD": "stat"}.get(method, method.lower())


class Front:
    """Hands requests on to the server at `port`. What is public may be changed while it runs.

    `delay_s` is waited before each answer. `refusals` are the status codes of the next answers to `refused_method`. The next
    `cuts` bodies end in the middle. While `held` is not set, nothing is answered. `before_range(number)` is called before the
    range request of this number, from 1 on. `put_faults` has what happens to the put of a number, from 0 on since `puts` was 0: its
    answer is `lost` once it is done, or it is `refused`, and the client sends it again; or it is refused with a status. With `signs` each request is handed on as that of an account of S3.
    The next `pages` lists are answered with a web page. It also serves as a proxy: `proxied` has the credentials of each proxied request.
    With `certificate`, a file of a certificate and its key, it speaks TLS.

    `fault_of(kind, number)` says what happens to the request of this number, from 0 on since `begin`, of this kind (`list`, `get`, `stat`,
    `put`, `post`, `delete`): it is refused with a status; `lost`: it is done, and the answer is not; `reset`: the connection ends
    without an answer; `cut`: the answer ends in the middle; `stale`: a list is answered as it was before; `expired`: the credentials
    are; or it is a function, which is called before there is an answer. `met` has the faults that were met.
    """

    def __init__(self, port, certificate=None):
        self.certificate, self.proxied, self.pages = certificate, [], 0
        self.target, self.delay_s, self.refusals, self.refused_method = port, 0.0, collections.deque(), None
        self.cuts, self.answering, self.before_range = 0, threading.Event(), None
        self.put_faults, self.puts, self.signs = {}, 0, False
        self.puts_left, self.expired = None, EXPIRED["s3"]
        self.fault_of, self.numbers, self.met, self.lists = None, collections.Counter(), [], {}
        self.answering.set()
        self.requests, self.arrived = [], threading.Condition()

    def __enter__(self):
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one piece, and at once: else the body waits until the client has acknowledged the headers, 40 ms each time.
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def do_GET(self):
                front._answer(self)

            do_HEAD = do_PUT = do_DELETE = do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # Who is cut off in the middle has no more to say.

        self._server = Server((HOST, 0), Handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if self.certificate else 'http'}://{HOST}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()

    def counted(self):
        """How many requests there were since this was asked last: of lists, of metadata, of bytes."""
        requests, self.requests = self.requests, []
        return collections.Counter(kind_of(method, path) for method, path, _ in requests)

    def begin(self, fault_of=None):
        """Requests are numbered anew, and met by these faults."""
        with self.arrived:
            self.fault_of, self.numbers, self.met = fault_of, collections.Counter(), []

    def wait_for_request(self, timeout_s=20):
        """Waits until something was asked since `counted`."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.requests, timeout_s), "nothing was asked"

    def _answer(self, handler):
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        asked_range = handler.headers.get("Range")
        if handler.path.startswith("http://"):
            self.proxied.append(handler.headers.get("Proxy-Authorization"))
            handler.path = "/" + handler.path.split("/", 3)[3]
            del handler.headers["Proxy-Authorization"], handler.headers["Host"]
        with self.arrived:
            self.requests.append((handler.command, handler.path, asked_range))
            number = sum(1 for _, _, asked in self.requests if asked)
            kind = kind_of(handler.command, handler.path)
            now = self.fault_of and self.fault_of(kind, self.numbers[kind])
            self.numbers[kind] += 1
            self.met += [now] if now else []
            self.arrived.notify_all()
        if asked_range and self.before_range:
            self.before_range(number)
        if self.delay_s:
            time.sleep(self.delay_s)  # The delay of a network is what is tested.
        self.answering.wait()
        if self.refusals and self.refused_method in (None, handler.command):
            status = self.refusals.popleft()
            body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
            return self._send(handler, status, {"Content-Type": "application/xml"}, body, len(body))
        if callable(now):
            now()
            now = "reset"
        if now in ("reset", "expired") or isinstance(now, int):
            return self._refuse(handler, now)
        if now == "stale" and handler.path in self.lists:
            return self._send(handler, *self.lists[handler.path])
        if self.pages and kind == "list":
            self.pages -= 1
            body = b"<!doctype html><html><body>Sign in</body></html>"
            return self._send(handler, 200, {"Content-Type": "text/html"}, body, len(body))
        fault = None
        if handler.command == "PUT":
            with self.arrived:
                fault = self.put_faults.get(self.puts)
                self.puts += 1
                if self.puts_left is not None:
                    fault = 403 if self.puts_left <= 0 else fault
                    self.puts_left -= 1
        if isinstance(fault, int):
            return self._send(handler, fault, {}, b"", 0)
        if fault == "refused":
            return self._send(handler, 503, {}, b"", 0)
        connection = http.client.HTTPConnection(HOST, self.target)
        headers = {name.lower(): value for name, value in handler.headers.items() if name.lower() != "connection"}
        # As Google says it; moto knows the way of S3.
        if headers.pop("x-goog-if-generation-match", None) == "0":
            headers["if-none-match"] = "*"
        if self.signs:
            # moto asks who it is, and not for the signature.
            who = "Credential=x/20240101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
            headers["authorization"] = f"AWS4-HMAC-SHA256 {who}"
        connection.request(handler.command, handler.path, body=sent or None, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if "lost" in (fault, now):
            return self._send(handler, 500, {}, b"", 0)
        length = answer.headers.get("Content-Length") or str(len(body))
        if self.cuts and asked_range and len(body) > 1:
            self.cuts -= 1
            now = "cut"
        if now == "cut":
            body = body[: len(body) // 2]
        skipped = {"content-length", "connection", "transfer-encoding", "date", "server"}
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in skipped}
        if kind == "list":
            self.lists[handler.path] = answer.status, headers, body, length
        self._send(handler, answer.status, headers, body, length)

    def _refuse(self, handler, fault):
        if fault == "reset":
            handler.close_connection = True
            return handler.connection.close()
        said = {429: "TooManyRequests", 503: "SlowDown", 409: "OperationAborted", 412: "PreconditionFailed"}
        status, code, message = self.expired if fault == "expired" else (fault, said.get(fault, "Refused"), "Not now.")
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        self._send(handler, status, {"Content-Type": "application/xml"}, body, len(body))

    def _send(self, handler, status, headers, body, length):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", length)
        handler.end_headers()
        handler.wfile.write(body)
        if handler.command != "HEAD" and len(body) < int(length):
            handler.close_connection = True
            handler.wfile.flush()
            handler.connection.close()
