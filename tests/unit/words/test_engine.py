"""What an engine remarks: each code has its sentence, and is told with the facts that the sentence names."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.journal.codes import Hindrance, Shortcoming
from tui.journal.remarks import Coded, Remarked, coded, neutral, neutral_of
from tui.said import Joined, Said, from_data, to_data
from tui.words.engine import SENTENCES
from tui.words.said import say, told
from tui.words.waiting import wait_words

SOURCE = Path(__file__).parents[3] / "tui"


def places(code: str) -> set[str]:
    sentence = SENTENCES[code]
    text = sentence.text if isinstance(sentence, Said) else sentence
    return set(re.findall(r"\{(\w+)\}", re.sub(r"\{\{|\}\}", "", text.replace("{{{", "{").replace("}}}", "}"))))


def uses() -> Iterator[tuple[str, ast.Call]]:
    """Every place where a code is told with its facts written out."""
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        if "Remarked." not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and node.args and isinstance(first := node.args[0], ast.Attribute)):
                continue
            if ast.unparse(first.value) == "Remarked" and all(keyword.arg for keyword in node.keywords):
                yield first.attr, node


def test_every_code_has_a_sentence_and_is_used() -> None:
    assert set(SENTENCES) == {*Remarked, *Hindrance, *Shortcoming}
    text = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    told_of = {*re.findall(r"Remarked\.([A-Z_]+)", text), "LOG_WITHOUT_ERRORS", "LOG_WITHOUT_SQLSTATES"}
    assert set(Remarked.__members__) == told_of
    assert set(Hindrance.__members__) == set(re.findall(r"Hindrance\.([A-Z_]+)", text))


def test_facts_are_those_that_the_sentence_names() -> None:
    wrong = {
        code: (places(Remarked[code]), names)
        for code, call in uses()
        if not places(Remarked[code]) <= (names := {str(keyword.arg) for keyword in call.keywords})
    }
    assert not wrong and len(list(uses())) > 80


def test_it_comes_back_from_a_journal_and_through_a_pipe() -> None:
    inner = Coded(Remarked.HTTP_STATUS, where="\x1b[2J", status=503)
    whole = Coded(Remarked.HOST_UNKNOWN, reasons=Joined((inner, "foreign"), " "))
    journaled = json.loads(json.dumps(neutral(whole)))
    assert journaled["code"] == "host_unknown" and journaled["facts"]["reasons"][0]["facts"]["status"] == 503
    sentence = r"CPU, memory and disk of the database's host are unknown: \x1b[2J answers with status 503. foreign"
    assert say(whole) == told(journaled) == say(from_data(json.loads(json.dumps(to_data(whole))))) == sentence
    assert coded("a sentence of before") == "a sentence of before" == told("a sentence of before")
    assert told(neutral(Coded(Remarked.LOG_PASSED_OVER, count=1))).startswith("1 record of")
    assert told(neutral(Coded(Remarked.LOG_PASSED_OVER, count=2))).startswith("2 records of")
    unreachable = {"message": neutral(Coded(Remarked.PASSWORD_FAILED, status=3)), "because": "x"}
    waits = "waits for the server, which cannot be reached: The password_command ended with exit status 3."
    assert wait_words("server_unreachable", unreachable) == waits
    assert told({"code": "of_another_version", "facts": {}}) == "of_another_version"


def test_no_sentence_holds_sql_that_a_translation_could_change() -> None:
    for code, sentence in SENTENCES.items():
        assert not re.search(r"pg_\w+\([a-z]|GRANT [a-z{]|ALTER [A-Z]+ ", str(sentence)), code
    assert "{" not in say(Coded(Remarked.PROC_FORBIDDEN, reason="r", role="pg_x", functions="f(text)"))


_FAILURES = (
    "SqlError", "StatementFailed", "ConnectFailed", "ConnectionLost", "OtherServer", "LookupError", "Rows", "ChildDone",
)  # fmt: skip


def _sentences(tree: ast.AST) -> Iterator[str]:
    """Texts of ours, with a blank in them, and those of exceptions, that an error is made of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FAILURES:
            for given in (*node.args, *(one.value for one in node.keywords)):
                text = ast.unparse(given)
                if re.match(r"(str|said|repr)\(", text):
                    yield text
                if isinstance(given, ast.JoinedStr | ast.Constant) and text[:1] in "'\"f" and " " in text:
                    yield text


def test_no_error_is_made_of_a_sentence_of_ours() -> None:
    found = [
        (str(path.relative_to(SOURCE)), text)
        for package in ("engine", "postgres", "steps", "probes")
        for path in sorted((SOURCE / package).rglob("*.py"))
        for text in _sentences(ast.parse(path.read_text()))
    ]
    assert found == []
    assert list(_sentences(ast.parse("raise StatementFailed('57014', f'cancelled before {what}')")))
    assert list(_sentences(ast.parse("ChildDone(status=None, error=str(error))")))


def test_what_the_operating_system_says_is_a_code_with_its_number_and_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        (tmp_path / "none" / "x").read_text()
    found = neutral_of(caught.value)
    assert found["code"] == "system_says_of"
    assert (found["facts"]["errno"], found["facts"]["path"]) == ("ENOENT", str(tmp_path / "none" / "x"))
    assert "ENOENT" in told(found) and str(tmp_path) in told(found) and "[Errno" not in told(found)
    assert neutral_of(OSError(28, "No space left on device"))["code"] == "system_says"
    assert neutral_of(ValueError()) == "ValueError" and neutral_of(TimeoutError()) == "TimeoutError"
