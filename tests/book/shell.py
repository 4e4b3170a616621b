"""A page's blocks, typed into bash one after the other: variables and the directory stay, as in one's own terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.station import VIRADA, Station
from tests.acceptance.terminal import Terminal
from tests.book.blocks import Typed
from tests.postgres_server import Database

PATIENCE_S = 120.0
_END = "@@end-of-what-was-typed@@"


class Shell:
    """Where a page is read: a home of its own, an empty directory, a server that `PG*` variables lead to."""

    def __init__(self, station: Station, database: Database) -> None:
        self.station = station
        self.database = database
        """Of the server; the pages make their own."""
        self.home = station.root / "home"
        self.kept: list[psycopg.Connection] = []
        """Sessions of others, which a situation holds open."""
        self.home.mkdir()
        self.directory = self.home
        self._through: list[str] = []
        self._apart: subprocess.Popen[str] | None = None
        server = database.server
        station.env |= {"HOME": str(self.home), "PGHOST": str(server.socket), "PGUSER": "postgres"}
        bindir = str(server.binaries.bindir)
        station.env["PATH"] = os.pathsep.join((str(VIRADA.parent), bindir, station.env["PATH"]))

    def anew(self) -> None:
        """Nothing is there yet: no run, no file."""
        self.close()
        for process in list(self.station.processes()):
            process.kill()
            process.wait(20)
        for place in (self.home, self.station.home):
            shutil.rmtree(place, ignore_errors=True)
        self._state.unlink(missing_ok=True)
        self.home.mkdir()
        self.directory = self.home

    def apart(self, *places: str) -> None:
        """What is typed from here on sees copies of these directories (of /etc; the others are empty), and changes them
        alone. Skips the test where nobody may mount anything."""
        script = ["set -e"]
        for number, place in enumerate(places):
            own = self.station.root / f"apart-{number}"
            own.mkdir()
            script += [f"cp -a {place}/. {own}/" if place == "/etc" else "", f"mount --bind {own} {place}"]
        script += ["echo ready", "exec sleep infinity"]
        command = ["unshare", "--mount", "--propagation", "private", "bash", "-c", "\n".join(script)]
        self._apart = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._apart.stdout is not None
        if self._apart.stdout.readline() != "ready\n":
            pytest.skip("a machine of one's own can only be made by root, and not in every container")
        self._through = ["nsenter", f"--target={self._apart.pid}", "--mount", "--"]

    def together(self) -> None:
        """Back on the machine as it is."""
        self._through = []
        if self._apart is not None:
            self._apart.kill()
            self._apart.communicate()
            self._apart = None

    def close(self) -> None:
        """Nobody else is connected any more."""
        self.together()
        while self.kept:
            self.kept.pop().close()

    @property
    def _state(self) -> Path:
        return self.station.root / "shell"

    def type(self, typed: Sequence[Typed], *, stop: bool = False) -> list[str]:
        """What was printed behind each of them, both streams in one. `stop`: a command that fails is a defect."""
        state = self._state
        script = [f'cd "{self.directory}"', f"[ ! -e {state} ] || source {state}", "set -o pipefail"]
        for one in typed:
            script += ["set -e" if stop else "", one.command, f"__rc=$?; set +e; echo; echo {_END}$__rc; (exit $__rc)"]
        script += [f"export -p > {state}; pwd > {state}.cwd"]
        done = subprocess.run(
            [*self._through, "bash", "--norc", "-c", "\n".join(script)], env=self.station.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        parts = done.stdout.split(_END)
        assert len(parts) == len(typed) + 1, f"it stopped with an error behind:\n{done.stdout}"
        self.directory = Path(Path(f"{state}.cwd").read_text().rstrip("\n"))
        return [part.partition("\n")[2] if number else part for number, part in enumerate(parts)][:-1]

    def type_on_terminal(self, command: str, shown: Sequence[str]) -> None:
        """The command in a terminal of 80x24. Each console that it opens shows all of that, and is left by `q`."""
        # The variables that were typed before, but for what kind of terminal it is and how large.
        kept = f"t=$TERM; [ ! -e {self._state} ] || source {self._state}; export TERM=$t; unset COLUMNS LINES"
        argv = ["/bin/bash", "--norc", "-ec", f'cd "{self.directory}"\n{kept}\n{command}']
        consoles = 0
        with Terminal(argv, self.station.env, columns=80, lines=24) as terminal:
            while terminal.read():
                if "q detach" in terminal.text:
                    terminal.wait_text(*shown)
                    terminal.send("q")
                    terminal.wait_text("Detached from")
                    # There is no other screen to go back to here: what the console has left is wiped away.
                    terminal.screen.reset()
                    consoles += 1
            assert terminal.wait() == 0 and consoles, terminal.text
