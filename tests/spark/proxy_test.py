"""The proxy does to connections what it says, so that a test that passes through it has met the fault it is about."""

import socket
import ssl
import time

from listener import Listener
from proxy import Certificates, Proxy

SIZE = 300_000


def test_bytes_pass_unchanged(place):
    with Source() as source, Proxy(source.address) as proxy:
        assert read(connected(proxy)) == source.content
        assert proxy.connections == 1 and proxy.cuts == 0


def test_cut_after_a_number_of_bytes_hands_on_exactly_these(place):
    with Source() as source, Proxy(source.address) as proxy:
        proxy.cut_after(100_000)
        got, ending = read_to_the_cut(connected(proxy))
        # A reset may overtake bytes that were sent before it; none may come after.
        assert source.content.startswith(got) and len(got) <= 100_000, len(got)
        assert ending == "reset" or len(got) == 100_000, ending
        assert proxy.cuts == 1
        assert read(connected(proxy)) == source.content, "only one connection is cut"


def test_cut_breaks_what_is_open(place):
    with Source(endless=True) as source, Proxy(source.address) as proxy:
        client = connected(proxy)
        assert client.recv(1)
        proxy.cut()
        read_to_the_cut(client)
        assert proxy.cuts == 1


def test_hold_lets_nothing_through_until_released(place):
    with Source() as source, Proxy(source.address) as proxy:
        proxy.hold()
        client = connected(proxy, timeout_s=0.3)
        try:
            raise AssertionError(f"{len(client.recv(1))} bytes came through")
        except socket.timeout:
            pass
        proxy.release()
        client.settimeout(10)
        assert read(client) == source.content


def test_refuse_breaks_new_connections_until_accept(place):
    with Source() as source, Proxy(source.address) as proxy:
        proxy.refuse()
        try:
            assert read_to_the_cut(connected(proxy))[0] == b""
        except ConnectionResetError:
            pass  # The connection broke before its client knew of it.
        assert proxy.refused == 1 and proxy.connections == 0
        proxy.accept()
        assert read(connected(proxy)) == source.content


def test_tls_is_trusted_by_its_authority_alone_and_for_its_names_alone(place):
    certificates = Certificates(place.folder / "tls")
    with Source() as source, Proxy(source.address, tls=certificates) as proxy:
        trusting = ssl.create_default_context(cafile=certificates.authority)
        trusting.set_alpn_protocols(["h2"])
        for name in ("localhost", "127.0.0.1"):
            client = trusting.wrap_socket(connected(proxy), server_hostname=name)
            assert client.selected_alpn_protocol() == "h2"
            assert read(client) == source.content
        for context, name in ((ssl.create_default_context(), "localhost"), (trusting, "example.org")):
            try:
                context.wrap_socket(connected(proxy), server_hostname=name)
                raise AssertionError(f"{name} was trusted")
            except ssl.SSLCertVerificationError:
                pass


class Source(Listener):
    """A server that sends the same bytes to everyone who connects."""

    def __init__(self, endless=False):
        super().__init__(self._send)
        self.content = bytes(index * 7 % 251 for index in range(SIZE))
        self._endless = endless

    def _send(self, client):
        client.sendall(self.content)
        while self._endless:
            client.sendall(self.content)
        client.shutdown(socket.SHUT_WR)
        client.recv(1)


def connected(proxy, timeout_s=10):
    return socket.create_connection(("127.0.0.1", proxy.port), timeout_s)


def read_to_the_cut(client):
    got, deadline = b"", time.monotonic() + 10
    try:
        while data := client.recv(1 << 16):
            got += data
            assert time.monotonic() < deadline, "nothing was cut"
        return got, "end"
    except ConnectionResetError:
        return got, "reset"


def read(client):
    """The content; the proxy then resets, as it does not know of half-closed connections, so the size says when to stop."""
    got = b""
    while len(got) < SIZE and (data := client.recv(1 << 16)):
        got += data
    client.close()
    return got
