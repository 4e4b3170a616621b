"""A web server on loopback that keeps what it is asked, and answers by the path: `/302`, `/500`, `/slow`, `/json`."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """`asked`: method, path and body of each request; `headers` of the last one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, bytes]] = []
        self.headers: dict[str, str] = {}
        self.answer = b"{}"
        self.release = threading.Event()
        self.arrived = threading.Event()

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.asked.append((self.command, self.path, body))
        server.headers = dict(self.headers)
        server.arrived.set()
        if self.path.startswith("/slow"):
            server.release.wait(20)
        first = self.path.strip("/").partition("/")[0].partition("?")[0]
        status = int(first) if first.isdecimal() else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(server.answer)))
        self.end_headers()
        with suppress(OSError):
            # Who asked may be gone by now.
            self.wfile.write(server.answer)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Not into the tests' output."""


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """One that runs, over TLS with a `context`."""
    made = Receiver()
    if context is not None:
        made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.release.set()
        made.shutdown()
        made.server_close()
        thread.join()
