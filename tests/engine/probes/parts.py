"""A real node_exporter and a real sshd on loopback, each in a directory of its own, killed and frozen as tests need."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port
from tests.postgres_server import await_condition


def listening(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def program(*names: str) -> str:
    """The first of these that is installed; skips the test when none is."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    pytest.skip(f"{names[0]} is not installed")


class Exporter:
    """node_exporter on a port of its own."""

    def __init__(self, *options: str) -> None:
        self.command = program("prometheus-node-exporter", "node_exporter")
        self.options = options
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/metrics"

    def start(self) -> None:
        # By itself it tells nothing of what is mounted below /dev, where tests may write (tests/ram.py).
        mounts = "--collector.filesystem.mount-points-exclude=^/(proc|sys)($|/)"
        self.process = subprocess.Popen(
            [self.command, f"--web.listen-address=127.0.0.1:{self.port}", mounts, *self.options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        await_condition(lambda: listening(self.port), "node_exporter listens")

    def signal(self, number: int) -> None:
        """A stop has happened when this returns."""
        assert self.process is not None
        self.process.send_signal(number)
        if number == signal.SIGSTOP:
            stopped = psutil.Process(self.process.pid)
            await_condition(lambda: stopped.status() == psutil.STATUS_STOPPED, "node_exporter stands still")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Sshd:
    """sshd with a host key and an authorized key of its own; `bin/ssh` uses a configuration that knows them."""

    def __init__(self) -> None:
        self.command, client = program("sshd"), program("ssh")
        # Only we may enter it; that anybody may write to /tmp above it is why sshd is told not to be strict.
        self.home = Path(tempfile.mkdtemp(prefix="va-ssh-", dir="/tmp"))
        self.port = free_port()
        self.host = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}"
        for key in ("host", "client"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.home / key)],
                check=True, stdin=subprocess.DEVNULL, capture_output=True,
            )  # fmt: skip
        self.authorized = self.home / "authorized_keys"
        self.authorized.write_text((self.home / "client.pub").read_text())
        (self.home / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {(self.home / 'host.pub').read_text()}")
        (self.home / "client_config").write_text(
            f"IdentityFile {self.home}/client\nIdentitiesOnly yes\nUserKnownHostsFile {self.home}/known_hosts\n"
            "GlobalKnownHostsFile none\nStrictHostKeyChecking yes\n"
        )
        (self.home / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.home}/host\nPidFile {self.home}/pid\n"
            f"AuthorizedKeysFile {self.authorized}\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin prohibit-password\nUsePAM no\nPrintMotd no\nStrictModes no\n"
        )
        self.bin = self.home / "bin"
        self.bin.mkdir()
        wrapper = self.bin / "ssh"
        wrapper.write_text(f'#!/bin/sh\nexec {client} -F {self.home}/client_config "$@"\n')
        wrapper.chmod(0o755)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        """With our ssh before the system's."""
        return dict(os.environ) | {"PATH": f"{self.bin}{os.pathsep}{os.environ.get('PATH', '')}"}

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.command, "-D", "-e", "-f", str(self.home / "sshd_config")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        await_condition(lambda: listening(self.port), "sshd listens")

    def greet(self, text: str) -> None:
        """From now on the account's shell prints `text` (as printf takes it) before it does anything else."""
        shell = self.home / "shell"
        shell.write_text(f"#!/bin/sh\nprintf '{text}'\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n")
        shell.chmod(0o755)
        with (self.home / "sshd_config").open("a") as configuration:
            configuration.write(f"ForceCommand {shell}\n")
        self.kill()
        self.start()

    def sessions(self) -> list[psutil.Process]:
        """Everything below the listener: a process for each connection, and what runs in it."""
        assert self.process is not None
        try:
            return [p for p in psutil.Process(self.process.pid).children(recursive=True) if _alive(p)]
        except psutil.NoSuchProcess:
            return []

    def logins(self) -> int:
        """Connections that were let in so far."""
        return (self.home / "log").read_text().count("Accepted publickey")

    def signal_all(self, number: int) -> None:
        """To the listener and to every session."""
        assert self.process is not None
        struck = [psutil.Process(self.process.pid), *self.sessions()]
        for process in struck:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                pass

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal_all(signal.SIGKILL)
            self.process.wait()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(processes: list[psutil.Process], seconds: float = 15.0) -> None:
    """Wait until none of these lives."""
    deadline = time.monotonic() + seconds
    while left := [p for p in processes if p.is_running() and _alive(p)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


def exporters() -> Iterator[Exporter]:
    made = Exporter()
    try:
        yield made
    finally:
        made.kill()
