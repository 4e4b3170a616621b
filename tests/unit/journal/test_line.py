from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.journal.line import GENESIS, Line, LineError, decode, digest, encode, encode_data, head

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Sample(msgspec.Struct):
    value: Any


@dataclass
class Plain:
    value: float


def line(data: Any = None, mono: float = 0.0) -> Line:
    raw = data if isinstance(data, msgspec.Raw) else encode_data(data or {})
    return Line(1, 0, "2026-11-22T06:03:00.123456Z", mono, "run.opened", "ana@jump1", raw, GENESIS)


def test_the_bytes_are_those_of_the_contract() -> None:
    assert encode(line({"a": 1})) == (
        b'{"v":1,"seq":0,"at":"2026-11-22T06:03:00.123456Z","mono":0.0,"type":"run.opened","by":"ana@jump1",'
        b'"data":{"a":1},"prev":"' + b"0" * 64 + b'"}'
    )


@given(data=st.dictionaries(st.text(), JSON, max_size=5), mono=st.floats(0, 1e7), type=st.text(), by=st.text())
def test_what_is_written_is_read_again(data: dict[str, Any], mono: float, type: str, by: str) -> None:
    written = msgspec.structs.replace(line(data, mono), type=type, by=by)
    raw = encode(written)
    assert b"\n" not in raw
    read = decode(raw)
    assert json.loads(bytes(read.data)) == data
    assert (read.type, read.by, read.mono, encode(read)) == (type, by, mono, raw)
    placed = head(raw)
    assert (placed.seq, placed.at, placed.mono, placed.type) == (read.seq, read.at, read.mono, read.type)
    assert digest(raw) == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [lambda x: {"a": x}, lambda x: {"a": [None, {"b": (x,)}]}, Sample, Plain])
def test_numbers_that_are_not_finite_are_refused(number: float, place: Any) -> None:
    with pytest.raises(ValueError, match="not finite"):
        encode_data(place(number))
    with pytest.raises(ValueError, match="not finite"):
        encode_data({"deep": Sample([place(number)])})
    with pytest.raises(ValueError, match="finite"):
        encode(line(mono=number))


def test_unknown_values_stay_null() -> None:
    assert bytes(encode_data({"cpu": None, "text": "null"})) == b'{"cpu":null,"text":"null"}'


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"3", b'{"a":NaN}', b'{"a":\n1}', b'{"a":1', b'{"a":"\xff"}', b'{"a":"\x01"}', b"{} {}"]
)
def test_data_that_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="data of an event"):
        encode(line(msgspec.Raw(raw)))
    with pytest.raises(ValueError, match="data of an event"):
        encode_data({"inner": msgspec.Raw(raw)} if raw[:1] not in b"[3" else [raw.decode()])


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        encode_data({"text": "\ud800"})


def test_unknown_keys_are_passed_over_and_data_is_kept_as_written() -> None:
    raw = encode(line())[:-1].replace(b'"data":{}', b'"data":{"new": [1, {"x": 2.50}]}') + b',"extra":{"y":1}}'
    assert bytes(decode(raw).data) == b'{"new": [1, {"x": 2.50}]}'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"\0" * 200,
        b"\xff",
        encode(line())[:-1],
        encode(line()) + b"x",
        b"[" * 100_000,
        encode(line({"a": "é"})).replace("é".encode(), b"\xc3("),
    ],
)
def test_anything_else_is_no_line(raw: bytes) -> None:
    with pytest.raises(LineError, match="not a journal line"):
        decode(raw)
