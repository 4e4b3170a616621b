"""`password_command`: a program that prints the password of the moment, for tokens that expire."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping

from tui.locale import _
from tui.plan.expand import ExpansionError, expand
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
        raise ConnectFailed(str(error)) from None
    except (OSError, ValueError, TypeError, IndexError) as error:
        reason = error.strerror if isinstance(error, OSError) else _("it cannot be split into words")
        raise ConnectFailed(_("The password_command cannot be started: {reason}.").format(reason=reason)) from None
    try:
        output, _errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        message = _("The password_command did not answer within {seconds} s.")
        raise ConnectFailed(message.format(seconds=f"{PATIENCE:g}")) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        message = _("The password_command ended with exit status {status}.")
        raise ConnectFailed(message.format(status=process.returncode))
    password = output.decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not password or "\x00" in password:
        raise ConnectFailed(_("The password_command printed no password."))
    return password
