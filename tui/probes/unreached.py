"""Why nobody answered at an address: what the network said, as a code with its facts."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Final

from tui.journal.remarks import Coded, Remarked
from tui.said import Said

_HERE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""Errors of this host, which say nothing of the other one."""


class Unreached(Exception):
    """A sentence, or others' words; `answers`: whether it says something of the service, and not only of who asks."""

    def __init__(self, why: str | Said, *, answers: bool = True) -> None:
        super().__init__(why)
        self.why, self.answers = why, answers


def unreached(error: BaseException, where: str) -> Unreached:
    """What an exception of the network's says of `where`; libraries wrap what the system said."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message or str(cause.reason)
            return Unreached(Coded(Remarked.CERTIFICATE_UNTRUSTED, reason=reason))
        if isinstance(cause, ssl.SSLError):
            return Unreached(Coded(Remarked.NO_TLS, where=where, reason=cause.reason or str(cause)))
        if isinstance(cause, socket.gaierror):
            known = cause.errno not in (socket.EAI_AGAIN, socket.EAI_MEMORY, socket.EAI_SYSTEM)
            code = Remarked.NAME_UNKNOWN if known else Remarked.NAME_UNANSWERED
            return Unreached(Coded(code, name=where.rpartition(":")[0] or where), answers=known)
        if isinstance(cause, ConnectionRefusedError):
            return Unreached(Coded(Remarked.CONNECTION_REFUSED, where=where))
        if isinstance(cause, TimeoutError):
            return Unreached(Coded(Remarked.NO_ANSWER_IN_TIME))
        if isinstance(cause, OSError) and cause.errno is not None:
            reason = cause.strerror or str(cause)
            said = Coded(Remarked.CONNECTION_FAILED, where=where, reason=reason)
            return Unreached(said, answers=cause.errno not in _HERE)
    return Unreached(str(error) or type(error).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost first: what the system said is there."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        if isinstance(one, BaseExceptionGroup):
            found += one.exceptions
        one = one.__cause__ or one.__context__
    yield from reversed(found)
