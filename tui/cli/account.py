"""Having an engine started as another account: what root does for a run of it that it has named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from tui.cli.exit import Exit, Stop
from tui.journal.events import Wish
from tui.locale import _
from tui.onefile import held
from tui.runs.owner import Account
from tui.runs.paths import RunPaths, home

PATIENCE_S = 90.0
_HANDED_ON = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LANGUAGE", "TZ")
"""What of the caller's environment says nothing but where programs lie and how words are written; LC_* as well."""


def start_as(account: Account, paths: RunPaths, policy: Wish | None) -> list[str]:
    """Have an engine started as that account, and return when it can be commanded: what was said. Raises Stop."""
    how, handed_on = held.part("tui.cli.deputy")
    argv = [sys.executable, "-s", *how, str(paths.directory)]
    if policy is not None:
        argv.append(msgspec.json.encode(policy).decode())
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", cwd="/",
            timeout=PATIENCE_S, start_new_session=True, user=account.uid, group=account.gid,
            extra_groups=account.groups, umask=0o077, env=environment_of(account),
            pass_fds=handed_on,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        message = _("The engine of {run} has not become ready in time.")
        raise Stop(message.format(run=paths.id), Exit.FAILED) from None
    except (OSError, subprocess.SubprocessError) as error:
        message = _("{program} cannot be executed as {account}: {reason}.")
        told = message.format(program=sys.executable, account=account.name, reason=error)
        raise Stop(told, Exit.FAILED) from error
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode:
        failed = _("{program} failed as {account}.").format(program=sys.executable, account=account.name)
        known = done.returncode in {code.value for code in Exit}
        raise Stop("\n".join(lines) if known and lines else failed, Exit(done.returncode) if known else Exit.FAILED)
    return lines


def environment_of(account: Account) -> dict[str, str]:
    """The account's own variables, and who had it act, as sudo says it. Nothing that root's environment holds."""
    kept = {key: value for key, value in os.environ.items() if key in _HANDED_ON or key.startswith("LC_")}
    caller = os.environ.get("SUDO_USER", "root"), os.environ.get("SUDO_UID", "0")
    if not held.is_held():
        # What is unpacked from one file is its own account's; the other one unpacks its own.
        root = str(Path(__file__).resolve().parents[2])
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    return kept | {
        "HOME": account.home, "USER": account.name, "LOGNAME": account.name, "SHELL": account.shell,
        "SUDO_USER": caller[0], "SUDO_UID": caller[1], "VIRADA_HOME": str(home()),
        "PYTHONSAFEPATH": "1",
    }  # fmt: skip
