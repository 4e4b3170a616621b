"""The plan's target as the engine reaches it: its connection string, its sessions, the environment of its tools."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from collections.abc import Callable, Mapping

from msgspec import to_builtins

from tui.plan.expand import expand
from tui.plan.model import Target
from tui.postgres.connect import Notice, Session, WorkSettings, open_session
from tui.postgres.errors import ConnectFailed
from tui.postgres.identity import TargetIdentity, target_identity

_PG_VARIABLES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
    "password": "PGPASSWORD", "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT", "service": "PGSERVICE", "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME", "target_session_attrs": "PGTARGETSESSIONATTRS",
}  # fmt: skip


_SECRET = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY", re.IGNORECASE)
"""Environment variables whose values are never written down."""


_BACKENDS_KEPT = 200


class TargetAccess:
    """One target, and the sessions that the engine keeps to it: `control` holds keys, `monitor` only looks.

    `environment` is the engine's; no secret in it is ever journaled. `backends`: server processes of the sessions that
    were opened last. Errors: ConnectFailed.
    """

    def __init__(self, run: str, target: Target, environment: Mapping[str, str]) -> None:
        self.run = run
        self.target = target
        self.environment = dict(environment)
        self.identity: TargetIdentity | None = None
        self._control: Session | None = None
        self._monitor: Session | None = None
        self._opening = asyncio.Lock()
        self._looking = asyncio.Lock()
        self.backends: dict[int, None] = {}
        self.on_secret: Callable[[], None] = lambda: None

    def conninfo(self) -> str:
        """libpq's connection string, variables expanded. Raises tui.plan.expand.ExpansionError."""
        if self.target.service is not None:
            return f"service={expand(self.target.service, self.environment)}"
        return expand(self.target.dsn or "", self.environment)

    def secrets(self) -> tuple[str, ...]:
        """What must never be written down: the passwords this target is reached with, and others in the environment."""
        from psycopg import conninfo

        found = [value for name, value in self.environment.items() if _SECRET.search(name) and len(value) >= 6]
        found.append(self.environment.get("PGPASSWORD", ""))
        try:
            found.append(str(conninfo.conninfo_to_dict(self.conninfo()).get("password") or ""))
        except Exception:
            pass
        return tuple(secret for secret in found if secret)

    async def open(
        self,
        purpose: str,
        step: str | None = None,
        settings: WorkSettings | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        database: str | None = None,
        runs_the_plan: bool | None = None,
    ) -> Session:
        """A new session of its own; see `open_session`."""
        from tui.plan.expand import ExpansionError

        await self._password()
        try:
            dsn = self.conninfo()
        except ExpansionError as error:
            raise ConnectFailed(str(error)) from None
        if database is not None:
            from psycopg import conninfo

            dsn = conninfo.make_conninfo(dsn, dbname=database)
        session = await open_session(
            dsn,
            purpose=purpose,  # type: ignore[arg-type]
            run=self.run,
            step=step,
            settings=settings,
            on_notice=on_notice,
            environment=self.environment,
            runs_the_plan=runs_the_plan,
        )
        pid = session.backend.pid
        self.backends.pop(pid, None)
        self.backends[pid] = None
        for old in list(self.backends)[:-_BACKENDS_KEPT]:
            del self.backends[old]
        return session

    async def control(self) -> Session:
        """The control session, opened (again) when there is none."""
        async with self._opening:
            if self._control is None or self._control.closed:
                self._control = await self.open("control")
                self.identity = await target_identity(self._control)
            return self._control

    async def monitor(self) -> Session:
        """The monitoring session, which can never block."""
        async with self._looking:
            if self._monitor is None or self._monitor.closed:
                self._monitor = await self.open("monitor")
            return self._monitor

    def control_lost(self) -> bool:
        """Whether the control session, and with it every key on it, is gone."""
        return self._control is None or self._control.closed

    def child_environment(self, application: str) -> dict[str, str]:
        """Variables with which libpq's programs reach the target; passwords go here and never into arguments."""
        from psycopg import conninfo

        found = dict(self.environment)
        for name in _PG_VARIABLES.values():
            if self.target.service is None and name != "PGPASSWORD":
                found.pop(name, None)
        for key, value in conninfo.conninfo_to_dict(self.conninfo()).items():
            if key in _PG_VARIABLES and value is not None:
                found[_PG_VARIABLES[key]] = str(value)
        found["PGAPPNAME"] = application
        found.setdefault("PGCONNECT_TIMEOUT", "10")
        return found

    def facts(self) -> dict[str, object]:
        """The identity as neutral data for the journal; empty while nothing has answered."""
        return {} if self.identity is None else dict(to_builtins(self.identity))

    async def close(self) -> None:
        """Close what is kept open."""
        for session in (self._control, self._monitor):
            if session is not None and not session.closed:
                await session.close()

    async def _password(self) -> None:
        """Ask `password_command` anew each time: such tokens expire."""
        command = self.target.password_command
        if command is None:
            return
        process = await asyncio.create_subprocess_exec(
            *shlex.split(expand(command, self.environment)),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=self.environment or dict(os.environ),
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), 30)
        except TimeoutError:
            process.kill()
            raise ConnectFailed("password_command did not answer within 30 s") from None
        if process.returncode != 0:
            raise ConnectFailed(f"password_command ended with exit status {process.returncode}")
        self.environment["PGPASSWORD"] = output.decode("utf-8", "replace").rstrip("\n")
        self.on_secret()
