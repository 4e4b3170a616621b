"""The password of the moment: what the command prints, and nothing of it in what is said when it fails."""

from __future__ import annotations

import asyncio

import pytest

from tui.engine.target import password_command
from tui.engine.target.password_command import ask_for_password
from tui.postgres.errors import ConnectFailed
from tui.words.said import say

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "WORD": "s3cret word"}


def test_what_it_prints_without_the_lines_end() -> None:
    asked = ask_for_password('sh -c \'printf "%s\\r\\n" "$WORD"\'', ENVIRONMENT)
    assert asyncio.run(asked) == "s3cret word"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nonexistent/program", "No such file"),
        ("sh -c 'echo s3cret; exit 7'", "7"),
        ("sh -c 'echo s3cret", "split"),
        ("", "split"),
        ("true", "no password"),
        ("echo ${NOBODY_SETS_THIS}", "NOBODY_SETS_THIS"),
        ("sh -c 'echo s3cret; exec sleep 60'", "0.2 s"),
    ],
)
def test_it_fails_as_a_connection_does(monkeypatch: pytest.MonkeyPatch, command: str, said: str) -> None:
    monkeypatch.setattr(password_command, "PATIENCE", 0.2 if "sleep" in command else 30.0)
    with pytest.raises(ConnectFailed) as caught:
        asyncio.run(ask_for_password(command, ENVIRONMENT))
    assert said in say(caught.value) and "s3cret" not in say(caught.value)
