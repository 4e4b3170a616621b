"""The helm's wire: one JSON object a line over a Unix stream socket.

    client -> engine   {"type":"hello","version":1,"declared":null,"take":null}, then {"type":"request",...}
    engine -> client   {"type":"welcome",...} or {"type":"refused",...}, then for each request "accepted" or "refused"

Answers carry the request's `id` and come in the order of the requests. A refusal carries a code and neutral facts, so
that each client puts it into its own language; `message` is the same in plain English for logs and `--json`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from tui.run.commands import AnyCommand

VERSION = 1
Coming = Literal["command", "join", "keep"]
MAX_LINE = 1 << 20
"""Bytes of a line, its newline included."""


class Hello(Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """First line of a client: `declared` is a name of the person's own choice, `take` the reason to take the helm.

    `coming`: a person joins, and drives from then on (`join`); a client that gives commands, those that drive ending
    what goes on by itself (`command`); or one that ends nothing of that (`keep`).
    """

    version: int
    declared: str | None = None
    take: str | None = None
    coming: Coming = "command"


class Request(Struct, frozen=True, kw_only=True, tag_field="type", tag="request"):
    """A command; with `take` the helm is taken first, for that reason."""

    id: int
    command: AnyCommand
    take: str | None = None


class Welcome(Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    """The run, who the engine sees in the client, whether that person holds the helm, and who does."""

    run: str
    person: str
    holds: bool = False
    holder: str | None = None
    version: int = VERSION


class Accepted(Struct, frozen=True, kw_only=True, tag_field="type", tag="accepted"):
    """Done or begun: `seq` is of the last event the command caused; `step` and `attempt` where it concerns one."""

    seq: int
    step: str | None = None
    attempt: int | None = None
    id: int = 0


class Refused(Struct, frozen=True, kw_only=True, tag_field="type", tag="refused"):
    """Nothing was done. `code` is a word such as `helm` or `bad-request`; `id` is None where no request was read."""

    code: str
    message: str
    facts: dict[str, Any] = {}
    id: int | None = None


FromClient = Hello | Request
FromEngine = Welcome | Accepted | Refused


class BadRequest(Exception):
    """A line that is no message of this protocol; `id` is the request's where it could still be read."""

    def __init__(self, reason: str, id: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.id = id


class _Id(Struct):
    id: int | None = None


_from_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_from_engine: msgspec.json.Decoder[FromEngine] = msgspec.json.Decoder(FromEngine)
_id = msgspec.json.Decoder(_Id)


def encode(message: FromClient | FromEngine) -> bytes:
    """The line of a message. Raises BadRequest where it would be too long or holds text that is not Unicode."""
    try:
        line = msgspec.json.encode(message) + b"\n"
    except UnicodeEncodeError as error:
        raise BadRequest("the text holds bytes that are not UTF-8") from error
    if len(line) > MAX_LINE:
        raise BadRequest(f"the command is longer than {MAX_LINE} bytes")
    return line


def decode_from_client(line: bytes) -> FromClient:
    """Raises BadRequest."""
    try:
        return _from_client.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadRequest(str(error), _id_of(line)) from error


def decode_from_engine(line: bytes) -> FromEngine:
    """Raises BadRequest."""
    try:
        return _from_engine.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadRequest(str(error), _id_of(line)) from error


def _id_of(line: bytes) -> int | None:
    try:
        return _id.decode(line).id
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
