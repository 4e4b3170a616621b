"""`password_command`: a program that prints the password of the moment, for tokens that expire."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping

from tui.journal.remarks import Coded, Remarked
from tui.plan.scalars import ExpansionError, expand
from tui.postgres.errors import ConnectFailed

PATIENCE = 30.0


async def ask_for_password(command: str, environment: Mapping[str, str]) -> str:
    """What the command prints, without the end of its line. Raises ConnectFailed, which tells nothing that it said."""
    try:
        words = shlex.split(expand(command, environment))
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env=environment,
        )  # fmt: skip
    except ExpansionError as error:
        raise ConnectFailed(Coded(Remarked.VARIABLE_UNSET, name=error.name)) from None
    except (OSError, ValueError, TypeError, IndexError) as error:
        reason = error.strerror if isinstance(error, OSError) else Coded(Remarked.PASSWORD_UNSPLIT)
        raise ConnectFailed(Coded(Remarked.PASSWORD_NOT_STARTED, reason=reason)) from None
    try:
        output, _errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        raise ConnectFailed(Coded(Remarked.PASSWORD_TIMEOUT, seconds=f"{PATIENCE:g}")) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ConnectFailed(Coded(Remarked.PASSWORD_FAILED, status=process.returncode))
    password = output.decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not password or "\x00" in password:
        raise ConnectFailed(Coded(Remarked.PASSWORD_EMPTY))
    return password
