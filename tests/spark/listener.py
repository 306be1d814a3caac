"""Somebody on a port of this machine, for tests of whom a connection leads to."""

import socket
import threading


class Listener:
    """Somebody on a port of this machine who does something with everyone who comes."""

    def __init__(self, behaviour):
        self.came, self._behaviour = 0, behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.port = self.address[1]

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self):
        try:
            while True:
                client, _ = self._listener.accept()
                self.came += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()
        except OSError:
            return

    def _serve(self, client):
        with client:
            try:
                self._behaviour(client)
            except OSError:
                return
