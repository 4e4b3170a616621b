"""One line of the journal: its fields, its bytes, and the digest that chains it to the next."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tui.said import N_, Said

VERSION = 1
GENESIS = "0" * 64
MAX_LINE = 64 * 1024 * 1024
"""The longest line in bytes, newline included, that is written or read: what bounds a reader's memory."""


class JournalError(Exception):
    """Anything the journal's store refuses or cannot do; its text is a sentence for people."""


class LineError(JournalError, ValueError):
    """Bytes that are no line of a journal."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One event as it stands in the journal; the order of the fields is the order of the JSON keys.

    `at` is RFC 3339 in UTC with microseconds, `mono` seconds since the run's opening, `data` the JSON object
    of the event as it was written (unknown keys included), `prev` the digest of the previous line's bytes.
    """

    v: int
    seq: int
    at: str
    mono: float
    type: str
    by: str
    data: msgspec.Raw
    prev: str


class Head(msgspec.Struct, frozen=True, gc=False):
    """What places a line in the run; read without decoding its data."""

    seq: int
    at: str
    mono: float
    type: str


_encoder = msgspec.json.Encoder()
_line_decoder = msgspec.json.Decoder(Line)
_head_decoder = msgspec.json.Decoder(Head)
_skip_decoder = msgspec.json.Decoder(msgspec.Raw)


_LONGEST = 1e10
"""Seconds; three hundred years."""


def encode_data(data: Any) -> msgspec.Raw:
    """The JSON object of an event's data.

    ValueError for NaN, infinities, lone surrogates, anything but an object; TypeError for what has no JSON.
    """
    encoded = data if isinstance(data, msgspec.Raw) else msgspec.Raw(_encoder.encode(data))
    body = bytes(encoded)
    # The encoder writes NaN and infinities as null without a word: only data with a null in it is searched.
    if b"null" in body and _has_non_finite(data):
        raise ValueError(Said("The data of an event holds a number that is not finite; JSON has none such."))
    if body[:1] != b"{" or b"\n" in body:
        raise ValueError(Said("The data of an event must be one JSON object without line breaks."))
    try:
        _skip_decoder.decode(body)
        if not body.isascii():
            body.decode()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(Said("The data of an event is not valid JSON: {error}", error=error)) from error
    return encoded


def encode(line: Line) -> bytes:
    """The line's bytes without the newline; ValueError for what JSON, or a journal, cannot hold."""
    encode_data(line.data)
    return encode_checked(line)


def encode_checked(line: Line) -> bytes:
    """As `encode`, for a line whose data came from `encode_data`."""
    if not math.isfinite(line.mono):
        raise ValueError(Said("The time of a journal line must be a finite number."))
    raw = _encoder.encode(line)
    if len(raw) >= MAX_LINE:
        text = N_("An event of {size} bytes is longer than a journal line may be ({limit} bytes).")
        raise ValueError(Said(text, size=len(raw), limit=MAX_LINE))
    return raw


def decode(raw: bytes) -> Line:
    """The line in these bytes (no newline); unknown keys are passed over; LineError for anything else."""
    try:
        line = _line_decoder.decode(raw)
        # Skipping the data checks its structure but not the encoding of its strings.
        if not raw.isascii():
            raw.decode()
        # Every clock on a screen is computed from these.
        if not 0 <= line.mono < _LONGEST:
            raise ValueError(Said("its time since the opening, {mono} s, cannot be", mono=line.mono))
        if datetime.fromisoformat(line.at).tzinfo is None:
            raise ValueError(Said("its time {at} has no time zone", at=repr(line.at)))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise LineError(Said("This is not a journal line: {error}", error=error)) from error
    return line


def head(raw: bytes) -> Head:
    """Seq, time and type of the line in these bytes, its data skipped; LineError as `decode`."""
    try:
        return _head_decoder.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise LineError(Said("This is not a journal line: {error}", error=error)) from error


def digest(raw: bytes) -> str:
    """Lower-case hexadecimal SHA-256 of a line's bytes without its newline."""
    return hashlib.sha256(raw).hexdigest()


def _has_non_finite(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, str | bytes | bytearray | msgspec.Raw):
        return False
    if isinstance(value, msgspec.Struct):
        return any(_has_non_finite(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, Mapping):
        return any(_has_non_finite(key) or _has_non_finite(item) for key, item in value.items())
    if isinstance(value, Iterable):
        return any(_has_non_finite(item) for item in value)
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return any(_has_non_finite(getattr(value, name)) for name in fields)
    return False
