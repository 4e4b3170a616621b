from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tui.engine.helm_server import MAX_CLIENTS, HelmServer
from tui.engine.lock import EngineLock
from tui.helm.client import HelmClient, HelmLost, HelmRefused, HelmTimeout, NoEngine, NotPermitted
from tui.helm.protocol import MAX_LINE, VERSION, Accepted, Hello, Refused, Welcome, decode_from_engine, encode
from tui.helm.socket import connect
from tui.run.commands import AnyCommand, Execute, Hold, Note, Resume
from tui.runs.paths import RunPaths, create_run_directory
from tui.runs.person import Person

RUN = "20261122T060300Z-7f3a"


class Recorder:
    """A handler that keeps what it is told; the helm belongs to whoever came first."""

    def __init__(self) -> None:
        self.there: dict[str, Person] = {}
        self.commands: list[tuple[str, AnyCommand, str | None]] = []
        self.holder: str | None = None
        self.gate = asyncio.Event()

    async def connected(self, person: Person, client_id: str, take: str | None, coming: str) -> Welcome | Refused:
        if take == "fail":
            raise RuntimeError("a greeting that fails")
        self.there[client_id] = person
        if self.holder is None or take:
            self.holder = person.label
        return Welcome(run=RUN, person=person.label, holds=self.holder == person.label, holder=self.holder)

    async def command(
        self, person: Person, client_id: str, command: AnyCommand, take: str | None
    ) -> Accepted | Refused:
        self.commands.append((person.label, command, take))
        if isinstance(command, Hold):
            await self.gate.wait()
        if isinstance(command, Resume):
            raise RuntimeError("a command that fails")
        if isinstance(command, Execute):
            return Accepted(seq=len(self.commands), step=command.step, attempt=1)
        if self.holder != person.label:
            return Refused(code="no-helm", message="Another has the helm.", facts={"holder": self.holder})
        return Accepted(seq=len(self.commands))

    async def disconnected(self, person: Person, client_id: str) -> None:
        del self.there[client_id]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunPaths]:
    """A run in a directory that every account can reach and whose name alone is longer than a socket's address."""
    above = Path(tempfile.mkdtemp(prefix="virada-helm-"))
    above.chmod(0o755)
    monkeypatch.setenv("VIRADA_HOME", str(above / ("long" * 40)))
    yield create_run_directory(RUN)
    shutil.rmtree(above)


@asynccontextmanager
async def serving(
    run: RunPaths, handler: Recorder, permitted: frozenset[int] | None = None, seconds: float = 5.0
) -> AsyncIterator[HelmServer]:
    server = HelmServer(run, handler, permitted=permitted, hello_timeout=seconds, write_timeout=seconds)
    await server.start()
    try:
        yield server
    finally:
        handler.gate.set()
        await server.close()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the condition has not come true"
        await asyncio.sleep(0.005)


def on_loop(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test in an event loop that reports no unexpected failure."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(16))
        await asyncio.wait_for(test(), 30)

    asyncio.run(main())


def test_a_command_there_and_back(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler):
            client = await asyncio.to_thread(HelmClient.connect, run)
            assert (client.welcome.run, client.welcome.holds) == (RUN, True)
            answer = await asyncio.to_thread(client.request, Execute(step="migrate"), "she is ill")
            assert answer == Accepted(id=1, seq=1, step="migrate", attempt=1)
            assert handler.commands == [(client.welcome.person, Execute(step="migrate"), "she is ill")]
            client.close()
            with pytest.raises(HelmLost):
                client.request(Note(text="too late"))
            await until(lambda: not handler.there)

    on_loop(test)


def test_two_clients_of_one_person_both_command(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler):
            one = await asyncio.to_thread(HelmClient.connect, run)
            two = await asyncio.to_thread(HelmClient.connect, run)
            other = await asyncio.to_thread(HelmClient.connect, run, "eva")
            assert one.welcome == two.welcome
            assert other.welcome.person == f"eva (declared by {one.welcome.person})"
            assert not other.welcome.holds
            assert len(handler.there) == 3
            for client in (one, two):
                assert isinstance(await asyncio.to_thread(client.request, Note(text="x")), Accepted)
            refused = await asyncio.to_thread(other.request, Note(text="x"))
            assert isinstance(refused, Refused)
            assert (refused.code, refused.facts) == ("no-helm", {"holder": one.welcome.person})
            one.close()
            await until(lambda: len(handler.there) == 2)
            for client in (two, other):
                client.close()
            await until(lambda: not handler.there)

    on_loop(test)


def test_threads_of_one_client_get_their_own_answers(run: RunPaths) -> None:
    async def test() -> None:
        async with serving(run, Recorder()):
            client = await asyncio.to_thread(HelmClient.connect, run)
            steps = [f"step-{n}" for n in range(40)]
            answers = await asyncio.gather(*(asyncio.to_thread(client.request, Execute(step=step)) for step in steps))
            assert [a.step for a in answers if isinstance(a, Accepted)] == steps
            client.close()

    on_loop(test)


async def stalled(run: RunPaths, handler: Recorder) -> list[socket.socket]:
    """Three clients: one says nothing, one half a line, and one asks on and on and never reads an answer."""
    silent, half, deaf = (connect(run.helm_socket, 5) for _ in range(3))
    half.sendall(b'{"type":"he')
    deaf.sendall(encode(Hello(version=VERSION)))
    await until(lambda: len(handler.there) == 1)
    deaf.setblocking(False)
    question = b'{"type":"request","id":1,"command":{"do":"execute","step":"%s"}}\n' % (b"s" * 60_000)

    def full() -> bool:
        before = len(handler.commands)
        try:
            deaf.send(question)
        except BlockingIOError:
            return before == len(handler.commands)
        except OSError:
            return True
        return False

    await until(full)
    return [silent, half, deaf]


def test_stalled_clients_delay_nobody(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler, seconds=25.0) as server:
            crowd = await stalled(run, handler)
            client = await asyncio.to_thread(HelmClient.connect, run)
            assert isinstance(await asyncio.to_thread(client.request, Execute(step="a")), Accepted)
            assert server.clients == len(crowd) + 1
            for connection in crowd:
                connection.close()
            client.close()
            await until(lambda: server.clients == 0)

    on_loop(test)


def test_stalled_clients_are_cut(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler, seconds=0.3) as server:
            crowd = await stalled(run, handler)
            await until(lambda: server.clients == 0)
            assert not handler.there
            for connection in crowd:
                connection.close()

    on_loop(test)


def test_no_answer_in_time_then_the_next_one_is_not_mistaken_for_it(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler):
            client = await asyncio.to_thread(HelmClient.connect, run)
            with pytest.raises(HelmTimeout):
                await asyncio.to_thread(client.request, Hold(), None, 0.05)
            handler.gate.set()
            answer = await asyncio.to_thread(client.request, Execute(step="next"))
            assert isinstance(answer, Accepted)
            assert (answer.id, answer.step) == (2, "next")
            client.close()

    on_loop(test)


def test_closing_frees_a_thread_that_waits(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler):
            client = await asyncio.to_thread(HelmClient.connect, run)
            waiting = asyncio.create_task(asyncio.to_thread(client.request, Hold(), None, 20))
            await until(lambda: len(handler.commands) == 1)
            await asyncio.to_thread(client.close)
            with pytest.raises(HelmLost):
                await waiting

    on_loop(test)


def test_the_engines_end_is_a_lost_helm_and_the_handler_hears_of_all(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler) as server:
            client = await asyncio.to_thread(HelmClient.connect, run)
            await server.close()
            assert not handler.there
            assert not run.helm_socket.exists()
            with pytest.raises(HelmLost):
                await asyncio.to_thread(client.request, Note(text="x"))
            with pytest.raises(NoEngine):
                await asyncio.to_thread(HelmClient.connect, run)

    on_loop(test)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b"nonsense\n", "bad-request"),
        (b'{"type":"request","id":1,"command":{"do":"close"}}\n', "bad-request"),
        (b'{"type":"hello","version":99}\n', "version"),
        (b'{"type":"hello","version":1,"declared":"a\\u0007b"}\n', "bad-name"),
        (b'{"type":"hello","version":1,"take":"fail"}\n', "engine-error"),
        (b"x" * (MAX_LINE + 10), "bad-request"),
    ],
)
def test_a_bad_greeting_is_refused_and_cut(run: RunPaths, lines: bytes, code: str) -> None:
    handler = Recorder()

    async def test() -> None:
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        async with serving(run, handler):
            replies = await asyncio.to_thread(exchange, run, lines)
            assert [type(reply) for reply in replies] == [Refused]
            assert isinstance(replies[0], Refused)
            assert replies[0].code == code
            assert not handler.there
        assert len(failures) == (code == "engine-error")

    on_loop(test)


def exchange(run: RunPaths, lines: bytes) -> list[object]:
    """What the engine answers to these bytes until it closes."""
    with connect(run.helm_socket, 10) as connection:
        connection.sendall(lines)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while data := connection.recv(65536):
            received += data
    return [decode_from_engine(line) for line in received.splitlines()]


def test_bad_requests_are_answered_and_the_client_goes_on(run: RunPaths) -> None:
    handler = Recorder()
    lines = [
        encode(Hello(version=VERSION)),
        b"\xff\xfe\n",
        b'{"type":"request","id":3,"command":{"do":"format-disk"}}\n',
        encode(Hello(version=VERSION)),
        b'{"type":"request","id":4,"command":{"do":"resume"}}\n',
        b'{"type":"request","id":5,"command":{"do":"execute","step":"a"}}\n',
        b'{"type":"request","id":6,"command":{"do":"note","text":"' + b"x" * MAX_LINE + b'"}}\n',
        b'{"type":"request","id":7,"command":{"do":"execute","step":"never read"}}\n',
    ]

    async def test() -> None:
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        async with serving(run, handler):
            replies = await asyncio.to_thread(exchange, run, b"".join(lines))
            codes = [(reply.code, reply.id) for reply in replies if isinstance(reply, Refused)]
            assert codes == [
                ("bad-request", None),
                ("bad-request", 3),
                ("bad-request", None),
                ("engine-error", 4),
                ("bad-request", None),
            ]
            assert isinstance(replies[0], Welcome)
            assert Accepted(id=5, seq=2, step="a", attempt=1) in replies
            assert [type(command).__name__ for _, command, _ in handler.commands] == ["Resume", "Execute"]
            await until(lambda: not handler.there)
        assert len(failures) == 1

    on_loop(test)


def test_clients_are_bounded(run: RunPaths) -> None:
    async def test() -> None:
        async with serving(run, Recorder()) as server:
            crowd = [connect(run.helm_socket, 5) for _ in range(MAX_CLIENTS)]
            await until(lambda: server.clients == MAX_CLIENTS)
            with pytest.raises(HelmRefused) as refused:
                await asyncio.to_thread(HelmClient.connect, run)
            assert refused.value.refused.code == "too-many-clients"
            for connection in crowd:
                connection.close()
            await until(lambda: server.clients == 0)
            (await asyncio.to_thread(HelmClient.connect, run)).close()

    on_loop(test)


def test_an_account_that_is_not_permitted_is_cut(run: RunPaths) -> None:
    handler = Recorder()

    async def test() -> None:
        async with serving(run, handler, permitted=frozenset({os.geteuid() + 1})):
            with pytest.raises(NotPermitted, match="may not command"):
                await asyncio.to_thread(HelmClient.connect, run)
        assert not handler.commands

    on_loop(test)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
def test_another_account_is_refused_by_the_system_and_behind_it_by_the_engine(run: RunPaths) -> None:
    code = """
import os, sys
from tui.helm.client import HelmClient, HelmError
from tui.runs.paths import RunPaths
from pathlib import Path
# What our own client looks at first is not what keeps anybody out: it claims the run.
claimed = sys.argv[2] if len(sys.argv) > 2 else None
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    HelmClient.connect(RunPaths(Path(sys.argv[1]), claimed=claimed))
except HelmError as error:
    print(type(error).__name__, error)
"""

    def as_nobody(*claimed: str) -> str:
        command = [sys.executable, "-c", code, str(run.directory), *claimed]
        here = Path(__file__).parents[2]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True, cwd=here).stdout

    async def test() -> None:
        async with serving(run, Recorder()) as server:
            assert (await asyncio.to_thread(as_nobody)).startswith("NotPermitted")
            assert server.clients == 0
            for path in (run.directory, run.directory.parent, run.directory.parent.parent):
                path.chmod(0o755)
            assert "Permission denied" in await asyncio.to_thread(as_nobody)
            run.helm_socket.chmod(0o666)
            assert "another account's process has it" in await asyncio.to_thread(as_nobody)
            assert await asyncio.to_thread(as_nobody, "root") == "NotPermitted This account may not command the run.\n"

    on_loop(test)


def test_the_socket_of_a_dead_engine_is_replaced_only_with_the_lock(run: RunPaths) -> None:
    async def test() -> None:
        with socket.socket(socket.AF_UNIX) as left, EngineLock.acquire(run) as lock:
            here = Path.cwd()
            os.chdir(run.directory)
            left.bind("helm.sock")
            os.chdir(here)
            with pytest.raises(FileExistsError):
                await HelmServer(run, Recorder()).start()
            server = HelmServer(run, Recorder(), lock=lock)
            await server.start()
            (await asyncio.to_thread(HelmClient.connect, run)).close()
            await server.close()

    on_loop(test)


def test_a_note_that_is_too_long_never_leaves_the_client(run: RunPaths) -> None:
    async def test() -> None:
        async with serving(run, Recorder()):
            client = await asyncio.to_thread(HelmClient.connect, run)
            for text in ("x" * MAX_LINE, "caf\udce9"):
                refused = await asyncio.to_thread(client.request, Note(text=text))
                assert isinstance(refused, Refused)
                assert refused.code == "bad-request"
            assert isinstance(await asyncio.to_thread(client.request, Note(text="short")), Accepted)
            client.close()

    on_loop(test)


def test_something_that_is_no_engine(run: RunPaths) -> None:
    """A listener that talks rubbish, and one that hangs up: both are a lost helm, not a traceback."""
    for answer in (b"rubbish\n", b"", b"x" * (MAX_LINE + 70_000)):
        listener = socket.socket(socket.AF_UNIX)
        here = Path.cwd()
        os.chdir(run.directory)
        listener.bind("helm.sock")
        os.chdir(here)
        listener.listen()

        def serve(listener: socket.socket = listener, answer: bytes = answer) -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    connection.sendall(answer)
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(HelmLost):
            HelmClient.connect(run, timeout=5)
        thread.join()
        listener.close()
        run.helm_socket.unlink()
