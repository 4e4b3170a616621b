"""Whom the engine sees in a client: what the kernel knows of the very process that connected, and nothing it says."""

from __future__ import annotations

import asyncio
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.test_helm_server import Recorder, on_loop, run, serving
from tui.runs.paths import RunPaths

__all__ = ["run"]
HOST = os.uname().nodename.split(".")[0]
ME = pwd.getpwuid(os.geteuid()).pw_name
SUDO = {"SUDO_USER": pwd.getpwuid(2).pw_name, "SUDO_UID": "2"}
_CONNECT = """
import os, sys
from pathlib import Path
from tui.helm.client import HelmClient
from tui.runs.paths import RunPaths
if sys.argv[2]:
    Path("/proc/self/loginuid").write_text(sys.argv[2])
print(HelmClient.connect(RunPaths(Path(sys.argv[1]))).welcome.person)
"""
_PASS_ON = """
import os, sys, time
from pathlib import Path
from tui.helm.protocol import VERSION, Hello, encode
from tui.helm.socket import connect
told, tell = os.pipe()
held, hold = os.pipe()
first = os.fork()
if not first:
    connection = connect(Path(sys.argv[1]), 20)
    if not os.fork():
        os.read(held, 1)
        connection.sendall(encode(Hello(version=VERSION)))
        print(connection.recv(65536).decode(), flush=True)
        os.write(tell, b".")
        os._exit(0)
    os._exit(0)
os.waitpid(first, 0)
again = 0
for _ in range(50):
    # The next process gets this number, unless others on this machine are faster.
    try:
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(first - 1))
    except OSError:
        break
    again = os.fork()
    if not again:
        Path("/proc/self/loginuid").write_text(sys.argv[2])
        os.write(tell, b".")
        time.sleep(60)
    os.read(told, 1)
    if again == first:
        break
    os.kill(again, 9)
    os.waitpid(again, 0)
    again = 0
os.write(hold, b".")
os.read(told, 1)
print("the number of another" if again else "a number of nobody")
if again:
    os.kill(again, 9)
    os.waitpid(again, 0)
"""


def _client(run: RunPaths, code: str, where: Path, login: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(where), login], env={**os.environ, **SUDO}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def _may_set_login() -> bool:
    code = "open('/proc/self/loginuid', 'w').write('1')"
    return os.geteuid() == 0 and subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def _login_is_known() -> bool:
    try:
        return int(Path("/proc/self/loginuid").read_text()) != 0xFFFFFFFF
    except OSError:
        return False


@pytest.mark.skipif(_login_is_known(), reason="here the kernel knows who has logged in")
def test_what_only_the_environment_says_is_declared(run: RunPaths) -> None:
    async def test() -> None:
        async with serving(run, Recorder()):
            seen = await asyncio.to_thread(_client, run, _CONNECT, run.directory, "")
            assert seen == f"{SUDO['SUDO_USER']} (declared by {ME}@{HOST})"

    on_loop(test)


def test_the_login_that_the_kernel_knows_is_not_declared(run: RunPaths) -> None:
    if not _may_set_login():
        pytest.skip("the audit login id cannot be set here")

    async def test() -> None:
        async with serving(run, Recorder()):
            seen = await asyncio.to_thread(_client, run, _CONNECT, run.directory, "1")
            assert seen == f"{pwd.getpwuid(1).pw_name}@{HOST}"

    on_loop(test)


def test_whoever_has_the_number_of_a_process_that_is_gone_is_not_seen(run: RunPaths) -> None:
    """A connection outlives the process that made it, and its number is given to another person's."""
    if not _may_set_login():
        pytest.skip("the audit login id cannot be set here")

    async def test() -> None:
        async with serving(run, Recorder(), seconds=40.0):
            answer = await asyncio.to_thread(_client, run, _PASS_ON, run.helm_socket, "1")
            # Itself, or the account alone where it was gone before it was looked at.
            assert f"{ME}@{HOST}" in answer and f"{pwd.getpwuid(1).pw_name}@" not in answer

    on_loop(test)
