#!/usr/bin/env python3
"""A proxy on loopback that does to connections what networks do: it cuts them, holds them up, and ends TLS.

  with Proxy(("127.0.0.1", port), tls=certificates) as proxy:
      proxy.address                        # sc://localhost:PORT, with TLS sc://localhost:PORT/;use_ssl=true
      proxy.cut_after(100_000)             # breaks when that many bytes have come from the server
      proxy.cut(); proxy.hold(); proxy.release(); proxy.refuse(); proxy.accept()

  python tests/spark/proxy.py --to 127.0.0.1:15002 --certificates FOLDER      until Ctrl-C: TLS before a Spark of one's own

The certificates are made by the `openssl` command: an authority of its own, and a server's for `localhost` and 127.0.0.1.
"""

import argparse
import asyncio
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
from pathlib import Path

HOST = "127.0.0.1"
CHUNK_BYTES = 1 << 16
# Within this long everything on one machine answers, or never.
ANSWER_S = 5


class Proxy:
    """Everything that is public may be called from any thread. `delay_s` holds up every piece from the server."""

    def __init__(self, target, tls=None, delay_s=0.0):
        self._target, self._tls, self._delay_s = target, tls.context() if tls else None, delay_s
        self._loop, self._thread = asyncio.new_event_loop(), None
        self._ends, self._limit, self._refuses, self._flows = set(), None, False, None
        # What has happened, for tests that must know that the fault they asked for was met.
        self.connections = self.cuts = self.refused = 0

    def __enter__(self):
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def address(self):
        return f"sc://localhost:{self.port}" + ("/;use_ssl=true" if self._tls else "")

    def cut(self):
        """Breaks every connection that is open now, with a reset and no farewell, as a router that forgets them."""
        self._do(self._break())

    def cut_after(self, size_bytes):
        """Breaks all connections when this many bytes have come from the server from now on; once."""
        self._do(self._set(_limit=size_bytes))

    def hold(self):
        """Lets nothing through and closes nothing: a network that swallows everything."""
        self._do(self._set(held=True))

    def release(self):
        self._do(self._set(held=False))

    def refuse(self):
        """Breaks new connections at once, as a server that is starting again does."""
        self._do(self._set(_refuses=True))

    def accept(self):
        self._do(self._set(_refuses=False))

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(ANSWER_S)

    async def _set(self, held=None, **what):
        self.__dict__.update(what)
        if held is not None:
            (self._flows.clear if held else self._flows.set)()

    async def _listen(self):
        self._flows = asyncio.Event()
        self._flows.set()
        self._listener = await asyncio.start_server(self._serve, HOST, 0, ssl=self._tls)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _close(self):
        self._listener.close()
        self._flows.set()
        await self._break()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, from_client, to_client):
        if self._refuses:
            self.refused += 1
            return reset(to_client)
        try:
            from_server, to_server = await asyncio.wait_for(asyncio.open_connection(*self._target), ANSWER_S)
        except (OSError, asyncio.TimeoutError):
            return reset(to_client)
        ends = {to_client, to_server}
        self._ends |= ends
        self.connections += 1
        ways = [asyncio.ensure_future(self._carry(from_client, to_server, 0.0, False)),
                asyncio.ensure_future(self._carry(from_server, to_client, self._delay_s, True))]
        farewell = False
        try:
            # When one way ends the other does: gRPC has no use for half a connection.
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            farewell = all(way.result() for way in done)
        except asyncio.CancelledError:
            # The proxy closes: to pass it on would be told as an error of the connection.
            pass
        finally:
            self._ends -= ends
            for way in ways:
                way.cancel()
            for end in ends:
                # A farewell first hands on what waits; a fault does not.
                end.close() if farewell else reset(end)

    async def _carry(self, source, sink, delay_s, from_server):
        """Whether it ended by a farewell of the source."""
        try:
            while data := await source.read(CHUNK_BYTES):
                await self._flows.wait()
                if delay_s:
                    await asyncio.sleep(delay_s)
                if from_server and self._limit is not None:
                    data, self._limit = data[:self._limit], self._limit - len(data)
                sink.write(data)
                await sink.drain()
                if self._limit is not None and self._limit <= 0:
                    self._limit = None
                    await self._break()
                    return False
            return not source.exception()
        except OSError:
            return False

    async def _break(self):
        self.cuts += bool(self._ends)
        for end in self._ends:
            reset(end)


def reset(end):
    """Closes with a reset in place of a farewell."""
    connection = end.get_extra_info("socket")
    if connection and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.transport.abort()


class Certificates:
    """An authority and a certificate by it, made in a folder when they are not there."""

    def __init__(self, folder):
        folder = Path(folder)
        self.authority, self._certificate, self._key = folder / "ca.pem", folder / "server.pem", folder / "server.key"
        if not self._certificate.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._make(folder)

    def _make(self, folder):
        authority_key, request, rules = folder / "ca.key", folder / "server.csr", folder / "server.ext"
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl("req", "-x509", *curve, "-days", "7", "-subj", "/CN=windrow test authority",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", authority_key, "-out", self.authority)
        openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", self._key, "-out", request)
        rules.write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
            f"subjectAltName=DNS:localhost,IP:{HOST}\n"
        )
        openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-CAcreateserial",
                "-days", "7", "-extfile", rules, "-out", self._certificate)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._key)
        # gRPC speaks nothing else, and its clients insist on hearing so.
        context.set_alpn_protocols(["h2"])
        return context


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise OSError(f"openssl {arguments[0]} failed: {done.stdout}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="the Spark Connect server")
    parser.add_argument("--certificates", metavar="FOLDER", help="ends TLS by those in it, which are made if need be")
    options = parser.parse_args()
    host, _, port = options.to.rpartition(":")
    certificates = Certificates(options.certificates) if options.certificates else None
    with Proxy((host, int(port)), tls=certificates) as proxy:
        print(proxy.address, flush=True)
        if certificates:
            print(f"the authority: {certificates.authority}", file=sys.stderr, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
