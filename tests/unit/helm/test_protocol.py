from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.helm.protocol import (
    MAX_LINE,
    Accepted,
    BadRequest,
    FromClient,
    FromEngine,
    Hello,
    Refused,
    Request,
    Welcome,
    decode_from_client,
    decode_from_engine,
    encode,
)
from tui.run.commands import Note, Rollback

CLIENT: list[FromClient] = [
    Hello(version=1, declared="ana", take="she is ill"),
    Request(id=7, command=Rollback(reason="too\nslow", confirm="production"), take="now"),
]
ENGINE: list[FromEngine] = [
    Welcome(run="20261122T060300Z-7f3a", person="ana@jump1", holds=True, holder="ana@jump1"),
    Accepted(id=3, seq=12, step="migrate", attempt=2),
    Refused(id=3, code="no-helm", message="bob has it.", facts={"holder": "bob@jump1"}),
]


@pytest.mark.parametrize("message", CLIENT)
def test_what_a_client_says_is_one_line_and_comes_back(message: FromClient) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode_from_client(line) == message


@pytest.mark.parametrize("message", ENGINE)
def test_what_the_engine_says_is_one_line_and_comes_back(message: FromEngine) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode_from_engine(line) == message


def test_the_wire_is_what_other_programs_write() -> None:
    line = b'{"type":"request","id":1,"command":{"do":"run-to","step":"verify"}}\n'
    message = decode_from_client(line)
    assert isinstance(message, Request)
    assert type(message.command).__name__ == "RunTo"


@pytest.mark.parametrize(
    ("line", "id"),
    [
        (b"\n", None),
        (b"\xff\xff\n", None),
        (b"[" * 100_000 + b"\n", None),
        (b'{"type":"request","id":5,"command":{"do":"format-disk"}}\n', 5),
        (b'{"type":"request","id":5,"command":{"do":"skip","step":"a"}}\n', 5),
        (b'{"type":"request","id":"x","command":{"do":"close"}}\n', None),
        (b'{"type":"hello"}\n', None),
        (b'{"type":"welcome","run":"x","person":"y"}\n', None),
    ],
)
def test_anything_else_is_a_bad_request_with_its_id_where_it_has_one(line: bytes, id: int | None) -> None:
    with pytest.raises(BadRequest) as error:
        decode_from_client(line)
    assert error.value.id == id


@given(st.binary(max_size=200))
def test_bytes_never_do_worse_than_a_bad_request(line: bytes) -> None:
    for decode in (decode_from_client, decode_from_engine):
        try:
            decode(line)
        except BadRequest:
            pass


def test_a_command_that_cannot_be_sent_is_said_before_it_is() -> None:
    fits = Note(text="x" * (MAX_LINE - 100))
    assert len(encode(Request(id=1, command=fits))) <= MAX_LINE
    with pytest.raises(BadRequest, match="longer"):
        encode(Request(id=1, command=Note(text="x" * MAX_LINE)))
    with pytest.raises(BadRequest, match="UTF-8"):
        encode(Request(id=1, command=Note(text="caf\udce9")))
