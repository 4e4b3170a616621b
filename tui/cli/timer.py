"""A timer of systemd's that starts a run's engine again when its next phases begin, and what does without systemd."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from tui.engine.preflight.placeholders import needed
from tui.locale import _
from tui.onefile import held
from tui.plan.scalars import variables
from tui.run.phase_starts import PhaseStart
from tui.run.state import RunState
from tui.runs.paths import RunPaths

_KEPT: Final = (
    "PATH", "VIRADA_HOME", "XDG_STATE_HOME", "PGSERVICEFILE", "PGSYSCONFDIR", "PGPASSFILE", "SSL_CERT_FILE", "LANG",
    "VIRADA_PYTHON", "VIRADA_CACHE", "VIRADA_DEMO_FILE",
)  # fmt: skip
"""Variables of who asks that the engine needs there too, and that hold no secret."""
_SECRET: Final = ("PGPASSWORD", "PGSSLPASSWORD")


class Timer(Struct, frozen=True, kw_only=True):
    """What is told: units and lines for one run. `account`: whose run it is; `system`: root asks, so that the units
    are the system's."""

    run: str
    command: tuple[str, ...]
    account: str
    system: bool
    environment: Mapping[str, str]
    needed: tuple[str, ...]
    starts: tuple[PhaseStart, ...]

    @property
    def name(self) -> str:
        return f"virada-{self.run}"

    def text(self) -> str:
        """Both units, each behind its path, as `systemctl cat` shows them; then the ways without systemd."""
        return "\n".join([*self._head(), "", *self.service(), "", *self.timer(), "", *self._without()])

    def service(self) -> list[str]:
        """The unit that starts the engine; it is left alone when the command has ended."""
        lines = [f"# {self._place}/{self.name}.service", "[Unit]", f"Description=virada: {self.run}", "[Service]"]
        lines += ["Type=oneshot", "KillMode=process"]
        if self.system:
            lines.append(f"User={_plain(self.account)}")
        lines += [f'Environment="{name}={_quoted(value)}"' for name, value in self.environment.items()]
        if self.needed:
            lines.append(f"EnvironmentFile={self._secrets}")
        return [*lines, "ExecStart=" + " ".join(f'"{_quoted(word, command=True)}"' for word in self.command)]

    def timer(self) -> list[str]:
        """The unit that says when; a moment that was slept through is made up for."""
        lines = [f"# {self._place}/{self.name}.timer", "[Unit]", f"Description=virada: {self.run}", "[Timer]"]
        for start in self.starts:
            at = datetime.fromtimestamp(start.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            lines += ["# " + " ".join(start.title.split()).rstrip("\\"), f"OnCalendar={at}"]
        return [*lines, "AccuracySec=1s", "Persistent=true", "[Install]", "WantedBy=timers.target"]

    @property
    def _place(self) -> str:
        return "/etc/systemd/system" if self.system else "~/.config/systemd/user"

    @property
    def _secrets(self) -> str:
        return f"/etc/virada/{self.run}.env" if self.system else f"%h/.config/virada/{self.run}.env"

    def _head(self) -> Iterable[str]:
        control = "systemctl" if self.system else "systemctl --user"
        yield "# " + _("Write each part into the file that its first line names, then:")
        yield f"#   {control} daemon-reload && {control} enable --now {self.name}.timer"
        if not self.system:
            yield f"#   loginctl enable-linger {self.account}"
        if self.needed:
            message = _("The engine needs these variables, with their values in {file} (mode 0600): {names}")
            shown = self._secrets.replace("%h", "~")
            yield "# " + message.format(file=shown, names=", ".join(self.needed))

    def _without(self) -> Iterable[str]:
        given = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        line = " ".join([*given, shlex.join(self.command)])
        if self.needed:
            shown = self._secrets.replace("%h", str(Path.home()))
            line = f"set -a; . {shlex.quote(shown)}; {line}"
        yield "# " + _("Without systemd, at(1) does the same, once for each of them:")
        for start in self.starts:
            at = datetime.fromtimestamp(start.at).strftime("%Y%m%d%H%M.%S")
            yield f"#   echo {shlex.quote(line)} | at -t {at}"
        yield "# " + _("or cron, which only looks whether the engine still lives:")
        cron = line.replace("%", "\\%")
        yield f"#   * * * * * {cron} >/dev/null"


def timer_of(paths: RunPaths, state: RunState, starts: tuple[PhaseStart, ...], driving: tuple[str, ...]) -> Timer:
    """`driving`: the options by which the engine is to go on, such as `--headless`."""
    opened = state.opened
    assert opened is not None
    target = opened.plan.targets[opened.target]
    names = [name for name, _at in needed(opened.plan, target)]
    names += variables(target.dsn or "") + variables(target.password_command or "")
    names += [name for name in _SECRET if name in os.environ]
    owner = pwd.getpwuid(paths.directory.stat().st_uid).pw_name
    system = os.geteuid() == 0
    return Timer(
        run=paths.id, command=(*_program(), "continue", paths.id, "--detach", *driving), account=owner, system=system,
        environment={name: os.environ[name] for name in _KEPT if os.environ.get(name)},
        needed=tuple(dict.fromkeys(names)), starts=starts,
    )  # fmt: skip


def _program() -> tuple[str, ...]:
    """How this program is started, by its whole path."""
    one_file = held.file()
    if one_file is not None:
        return (str(one_file),)
    own = Path(sys.argv[0])
    if own.name == "virada":
        found = shutil.which(str(own))
        if found is not None:
            return (str(Path(found).absolute()),)
    return sys.executable, "-m", "tui.cli.main"


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str, *, command: bool = False) -> str:
    """Within double quotes of a unit, where `%` and, in a command, `$` mean something else."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return text.replace("$", "$$") if command else text
