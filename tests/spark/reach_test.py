"""Addresses that lead nowhere, or to somebody else: what is wrong is said soon, with the exit code that fits, and no secret
is shown or sent to where it should not go."""

import socket
import time

from cluster import Cluster
from listener import Listener
from program import windrow
from proxy import Certificates, Proxy

# The program promises 15 s; starting it takes a moment on a busy machine.
SOON_S = 18
SECRET = "the-wrong-secret"


def test_a_token_is_asked_for_and_a_wrong_one_is_refused(place):
    log(place)
    with Cluster(workers=1, token="the-right-secret") as cluster:
        wrong = refused(place, f"{cluster.address}/;token=env:TOKEN", 2, "refuses the token", {"TOKEN": SECRET})
        assert SECRET not in wrong and "the-right-secret" not in wrong
        refused(place, cluster.address, 2, "refuses the token")
        right = {"TOKEN": "the-right-secret"}
        windrow(place, "run", "log.csv", "--engine", f"{cluster.address}/;token=env:TOKEN", settings=right).good()


def test_no_secret_is_sent_unencrypted_to_another_machine(place):
    log(place)
    secrets = {"TOKEN": SECRET}
    heard = []
    # An address that is not plainly of this machine, but leads here: somebody listens.
    with Listener(lambda client: heard.append(client.recv(1 << 16))) as somebody:
        host = f"sc://0.0.0.0:{somebody.port}"
        for header in ("x-api-key=env:TOKEN", "Authorization=env:TOKEN", f"cookie={SECRET}"):
            said = refused(place, f"{host}/;{header}", 2, "unencrypted", secrets, within_s=5)
            assert SECRET not in said
        assert somebody.came == 0, "it connected before it refused"
        for token in ("token=env:TOKEN", "Token=env:TOKEN;use_ssl=false", f"TOKEN={SECRET};x-key=env:TOKEN"):
            said = refused(place, f"{host}/;{token}", 4, "TLS", secrets)
            assert SECRET not in said
    assert len(heard) == somebody.came >= 3
    for greeting in heard:
        # A handshake of TLS.
        assert greeting[:2] == b"\x16\x03" and SECRET.encode() not in greeting, greeting


def test_an_unknown_authority_is_not_trusted_until_it_is_named(place):
    log(place)
    certificates = Certificates(place.folder / "tls")
    host, port = place.address.removeprefix("sc://").split(":")
    with Proxy((host, int(port)), tls=certificates) as proxy:
        refused(place, proxy.address, 2, "certificate")
        trusting = {"SSL_CERT_FILE": str(certificates.authority)}
        windrow(place, "run", "log.csv", "--engine", proxy.address, settings=trusting).good()
        named = f"{proxy.address};ssl_ca_file={certificates.authority}"
        windrow(place, "run", "log.csv", "--engine", named).good()
        # Without TLS to a port that wants it.
        refused(place, proxy.address.split("/;")[0], 4, "use_ssl=true")
    # TLS to a port that has none.
    refused(place, f"{place.address}/;use_ssl=true", None, "use_ssl")


def test_nothing_listens(place):
    log(place)
    with socket.socket() as free:
        # Bound and not listened at: nobody else gets the port.
        free.bind(("127.0.0.1", 0))
        refused(place, f"sc://127.0.0.1:{free.getsockname()[1]}", 4, "nothing listens there")


def test_something_else_listens(place):
    log(place)

    def answers(client):
        client.recv(1 << 16)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n")

    def is_silent(client):
        while client.recv(1 << 16):
            pass

    def speaks_first(client):
        client.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
        client.recv(1 << 16)

    for behaviour in (answers, is_silent, speaks_first, lambda client: None):
        with Listener(behaviour) as somebody:
            refused(place, f"sc://127.0.0.1:{somebody.port}", 4, "Spark")
            assert somebody.came > 0


def log(place):
    windrow(place, "generate", "--events", 1000, "-o", "log.csv").good()


def refused(place, address, code, words, settings=None, within_s=SOON_S):
    """Runs against an address that cannot work; returns what is said."""
    began = time.monotonic()
    end = windrow(place, "run", "log.csv", "--engine", address, "-o", "answer.csv", settings=settings)
    took = time.monotonic() - began
    assert end.code == code if code is not None else end.code in (2, 4), f"exit {end.code}, not {code}: {end.said}"
    assert words in end.said, end.said
    assert "help:" in end.said, end.said
    assert took < within_s, f"{took:.1f} s"
    assert not (place.folder / "answer.csv").exists()
    return end.said
