"""How a program is started: its arguments, its environment, and the way on which it reaches the target alone."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from tui.engine.programs import pipeline
from tui.engine.programs.client_tools import LIBPQ_PROGRAMS, find_tool, tool_major
from tui.engine.programs.private_files import PrivateFiles
from tui.engine.programs.supervisor_pool import INTERPRETER
from tui.engine.programs.termination import MARK
from tui.engine.target.access import TargetAccess
from tui.engine.target.standby import elsewhere
from tui.journal.events import RunOpened
from tui.journal.remarks import Coded, Remarked
from tui.onefile import held
from tui.plan.model import Step, tolerance
from tui.plan.scalars import expand
from tui.postgres.conninfo.connection_string import keywords
from tui.postgres.conninfo.parameters import WorkSettings, application_name, milliseconds
from tui.postgres.conninfo.programs import (
    SERVICE,
    KnownConnection,
    ProgramConnection,
    program_connection,
    program_settings,
    without_misleading,
)
from tui.postgres.conninfo.resolve import Resolved
from tui.postgres.conninfo.service_file import own_file, render
from tui.postgres.errors import ConnectFailed, OtherServer
from tui.postgres.session import Session
from tui.steps.effects import Piped, PipedDone, RunChild, SqlSettings

PIPELINE: Final = Path(pipeline.__file__)
ARTIFACTS: Final = "VIRADA_ARTIFACTS"
"""In the environment of the plan's own programs: where they may leave files that belong to the run."""


class ProgramStart:
    """Of the programs of one attempt. `application`: the application_name that they show to the server; `mark`: what
    they carry in their environment."""

    def __init__(
        self, target: TargetAccess, step: Step, attempt: int, opened: RunOpened, environment: Mapping[str, str],
        artifacts: Path, private: PrivateFiles,
    ) -> None:  # fmt: skip
        self.application = application_name(opened.id, f"{step.id}.{attempt}")
        self.mark = f"{opened.id}/{step.id}.{attempt}"
        self._target = target
        self._step = step
        self._demo = opened.demo is not None
        self._environment = environment
        self._artifacts = artifacts
        self._private = private
        self.source: tuple[Resolved, Session] | None = None
        """The standby that programs go to which are told to."""
        self.report: Path | None = None
        """Where the programs that run now, each fed by another, tell what passed through them."""

    async def prepared(self, effect: RunChild) -> tuple[list[str], dict[str, str], tuple[str, ...]]:
        """Arguments, environment, and what of the target's settings it will lack.

        Raises LookupError for a program that is not there, PostgresError where it has no server to go to.
        """
        name = effect.argv[0]
        identity = self._target.identity
        server = None if identity is None else identity.server_version // 10000
        environment = dict(self._environment)
        given = {key: expand(value, self._environment) for key, value in effect.environment.items()}
        if effect.authored:
            environment[ARTIFACTS] = str(self._artifacts)
        environment |= given
        environment[MARK] = self.mark
        own = effect.files and "/" in name and not name.startswith("/")
        # One that is named by where it lies in the plan is the one in its working directory.
        program = name if own else find_tool(name, environment, server, self._demo)
        if program is None:
            raise LookupError(Coded(Remarked.PROGRAM_NOT_HERE, name=name))
        argv = [program, *effect.argv[1:]]
        lost: tuple[str, ...] = ()
        if effect.target:
            environment, statements, lost = await self._way(effect, program, environment, given)
            argv = _before(argv, [word for statement in statements for word in ("-c", statement)])
        if effect.piped is not None:
            argv = self._piped(effect.piped, argv, environment)
        return argv, environment, lost

    def _piped(self, piped: Piped, argv: list[str], environment: Mapping[str, str]) -> list[str]:
        """The arguments of what runs all of them. Raises LookupError for one that is not there."""
        self.report = self._private.write("piped", b"")
        stages = [_found(other, environment) for other in piped.before]
        main = len(stages)
        stages += [argv, *(_found(other, environment) for other in piped.behind)]
        wanted = {
            "stages": stages,
            "main": main,
            "source": piped.source,
            "into": piped.into,
            "told_in": str(self.report),
        }
        held.whole(PIPELINE)
        return [*INTERPRETER, str(PIPELINE), msgspec.json.encode(wanted).decode()]

    def passed_through(self) -> PipedDone | None:
        """What the last pipeline reported; None where it did not come to that."""
        report, self.report = self.report, None
        try:
            return None if report is None else msgspec.json.decode(report.read_bytes(), type=PipedDone)
        except (OSError, msgspec.DecodeError):
            return None

    async def _way(
        self, effect: RunChild, program: str, environment: dict[str, str], given: Mapping[str, str]
    ) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:  # fmt: skip
        """The environment in which the program reaches the target and nothing else, by a service of its own."""
        name = Path(program).name
        ours = name in LIBPQ_PROGRAMS and not effect.authored
        major = await asyncio.to_thread(tool_major, program) if ours else None
        settings = self.settings(effect.settings)
        if ours:
            # psql is led, as the login at first, and others have an option for it.
            settings = msgspec.structs.replace(settings, role=None)
        source = self.source if effect.source else None
        if effect.service is not None:
            source = await elsewhere(self._target, effect.service, f"{self._step.id} way", WorkSettings())
        try:
            connection = await self._connection(
                name, major=major, settings=settings, given=given, ours=ours, source=source
            )
        finally:
            if effect.service is not None and source is not None:
                await source[1].close()
        await self._target.tolerate(settings.tolerate_s)
        if "role" in connection.lost:
            # It would act with the rights of whoever logs in.
            raise LookupError(
                Coded(Remarked.ROLE_NOT_GIVEN, name=name, role=effect.settings.role if effect.settings else "")
            )
        variables = {variable for variable in keywords().values() if variable is not None} | {"PGSERVICEFILE"}
        # What else a person's environment says of a connection must not lead it somewhere else.
        kept = {key: value for key, value in environment.items() if key not in variables or key in given}
        kept = connection.environment | kept if not ours else kept | connection.environment
        if connection.service:
            others = "" if ours else await asyncio.to_thread(_read, own_file(self._environment))
            kept["PGSERVICEFILE"] = str(self._private.write("service", render(SERVICE, connection.service, others)))
            kept["PGSERVICE"] = SERVICE
        return kept, connection.statements, connection.lost

    def settings(self, wanted: SqlSettings | None) -> WorkSettings:
        """What a program's sessions begin with; one that says nothing of it sets its own limits, or has none, and
        keeps nobody waiting: a dump, or the restore of one into a database of its own."""
        if wanted is None:
            return WorkSettings(lock_timeout_ms=0, tolerate_s=tolerance(self._step.tolerate, patient=True))
        return WorkSettings(
            lock_timeout_ms=milliseconds(wanted.lock_timeout),
            statement_timeout_ms=milliseconds(wanted.statement_timeout),
            row_security=wanted.row_security, role=wanted.role, read_only=wanted.read_only, tolerate_s=wanted.tolerate,
        )  # fmt: skip

    async def _connection(
        self, name: str, *, major: int | None, settings: WorkSettings, given: Mapping[str, str],
        ours: bool, source: tuple[Resolved, Session] | None = None,
    ) -> ProgramConnection:  # fmt: skip
        """How a program reaches the target: the server of the control session, with a password asked for now.

        `major`: the program's version. `ours`: one of PostgreSQL's own, with arguments of ours. `given`: variables that
        the plan sets for it. `source`: a standby to go to instead. Raises ConnectFailed where a program of ours has no
        server to go to, and OtherServer for any program where the target is not the one it was.
        """
        if not self._target.named:
            return ProgramConnection(environment={"PGAPPNAME": self.application})
        if source is not None:
            known = await self._known(*source, ours)
        else:
            try:
                control: Session | None = await self._target.control()
            except OtherServer:
                raise
            except ConnectFailed:
                # A program of the plan's may be what brings the server back.
                if ours:
                    raise
                control = None
            await self._target.ask_password()
            known = await self._known(self._target.resolved(), control, ours)
        return program_connection(
            known, program_settings(known, settings), application=self.application, program=name, major=major,
            ours=ours, given=given, standby=source is not None, tolerate=settings.tolerate_s,
        )  # fmt: skip

    async def _known(self, resolved: Resolved, session: Session | None, ours: bool) -> KnownConnection:
        parameters = dict(resolved.parameters)
        if session is None:
            return KnownConnection(parameters=parameters, address=None)
        address = session.address
        if not ours and address.hostaddr is not None and address.host is not None:
            found = await asyncio.to_thread(_addresses, address.host, address.port)
            verified = parameters.get("sslmode") == "verify-full" or session.gssapi
            address = without_misleading(address, addresses=found, verified=verified, encrypted=session.encrypted)
        if session.password and (
            address.host != session.address.host or not ("host" in parameters or address.hostaddr)
        ):
            # A password file is looked through by the host's name, which this program is not told as it was written.
            parameters.setdefault("password", session.password)
        pooled = self._target.identity is not None and self._target.identity.pooler != "none"
        return KnownConnection(
            parameters=parameters, address=address, known=session.known, options=not pooled,
            encoding=session.server_encoding,
        )  # fmt: skip


def _found(argv: tuple[str, ...], environment: Mapping[str, str]) -> list[str]:
    """The arguments with the program's path. Raises LookupError."""
    path = shutil.which(argv[0], path=environment.get("PATH"))
    if path is None:
        raise LookupError(Coded(Remarked.PROGRAM_NOT_HERE, name=argv[0]))
    return [path, *argv[1:]]


def _before(argv: list[str], words: list[str]) -> list[str]:
    """The arguments with these before the first statement or file."""
    at = next((i for i, word in enumerate(argv) if word in ("-c", "-f")), len(argv))
    return [*argv[:at], *words, *argv[at:]]


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _addresses(host: str, port: str) -> frozenset[str]:
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError:
        return frozenset()
