"""The canary against a real HTTP server that answers, fails and keeps us waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tui.probes.canary import CanaryWatch, HttpQuestion
from tui.words.said import say


class Service(ThreadingHTTPServer):
    """Answers with `status`, after `release` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.release = threading.Event()
        self.release.set()
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        service = self.server
        assert isinstance(service, Service)
        service.asked += 1
        service.release.wait(20)
        self.send_response(service.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Not into the tests' output."""


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.release.set()
        made.shutdown()
        made.server_close()
        thread.join()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - what is waited for is seen from outside only
            await asyncio.sleep(0.01)


def test_it_measures_fails_waits_and_recovers(service: Service) -> None:
    said: list[tuple[str, str]] = []

    async def test() -> None:
        question = HttpQuestion(f"http://ana:hidden@127.0.0.1:{service.server_port}/health?key=hidden")
        canary = CanaryWatch(question, 0.05, 3.0, lambda severity, remark: said.append((severity, say(remark))))
        assert canary.figures() == {} and canary.source == "127.0.0.1"
        task = asyncio.ensure_future(canary.run())
        try:
            # The first question loads the HTTP client, which takes its time on a busy machine.
            await until(lambda: 0 < canary.figures().get("response_time_p50", 3.0) < 0.5)
            service.status = 503
            await until(lambda: canary.trouble)
            # What is down does not look fast: it counts as what is not allowed any more.
            assert canary.figures()["response_time"] >= 3.0
            service.status = 200
            await until(lambda: canary.trouble is None)
            question.patience = 0.5
            service.release.clear()
            asked = service.asked
            await until(lambda: canary.trouble is not None)
            service.release.set()
            await until(lambda: canary.trouble is None and service.asked > asked)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await canary.close()

    asyncio.run(asyncio.wait_for(test(), 60))
    assert [severity for severity, _text in said] == ["WARNING", "INFO", "WARNING", "INFO"]
    assert "503" in said[0][1] and "in time" in said[2][1]
    assert not any("hidden" in text for _severity, text in said)


def test_nobody_there() -> None:
    said: list[str] = []

    async def test() -> None:
        canary = CanaryWatch(
            HttpQuestion("http://127.0.0.1:9/"), 0.05, 0.1, lambda severity, remark: said.append(say(remark))
        )
        task = asyncio.ensure_future(canary.run())
        await until(lambda: canary.trouble)
        assert canary.figures()["response_time"] >= 10.0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await canary.close()

    asyncio.run(asyncio.wait_for(test(), 60))
    assert len(said) == 1 and "http://127.0.0.1:9/" in said[0]
