"""Whatever a command is refused for has words in the person's language: on the screen and on the command line."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

import tui.console
import tui.locale
from tests.unit.run.runs import Driven, listed, sign, sql
from tui.cli.helm import refusal as on_the_command_line
from tui.console.commander import refusal_sentence
from tui.console.input.keymap import Keymap
from tui.helm.protocol import Refused
from tui.journal.failure import JournalFull
from tui.run import commands as c
from tui.run import confirmation, decide, order, undo
from tui.run.state import RunState
from tui.said import LANGUAGES, said_of, to_data
from tui.words.refusals import CODES, refusal_words

FACTS: dict[str, Any] = {
    "step": "table", "status": "failed", "seconds": 90.0, "phase": "Cutover", "target": "shop", "error": "E1",
    "run": "failed", "cancelling": True, "held": "other_timeline", "acceptable": True, "accept": True,
    "runs": ["20261122T060000Z-7f3a"],
}  # fmt: skip
"""A value for each fact that a refusal names."""


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    tui.locale.use("en")


def _keys(facts: ast.expr | None) -> set[str]:
    """The names of the facts that an expression in the source makes."""
    match facts:
        case None:
            return set()
        case ast.Dict(keys=keys):
            return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        case ast.Call(func=ast.Name(id="about")):
            return {"step", "status"}
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _keys(left) | _keys(right)
    raise AssertionError(f"facts not understood: {ast.unparse(facts)}")


def _refusals() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Where a refusal is made, its code and the names of its facts, for every place in the rules."""
    for module in (decide, order, undo):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                given = {word.arg: word.value for word in node.keywords}
                code = given["code"]
                assert isinstance(code, ast.Constant) and isinstance(code.value, str)
                where = f"{module.__name__}:{node.lineno}"
                yield where, code.value, frozenset(_keys(given.get("facts")))


PLACES = list(_refusals())


def test_the_rules_are_found_in_their_source() -> None:
    assert {"undo", "order", "busy", "too-early", "confirm", "closed"} <= {code for _, code, _ in PLACES}


@pytest.mark.parametrize(("where", "code", "facts"), PLACES, ids=[f"{where}:{code}" for where, code, _ in PLACES])
def test_every_refusal_has_words(where: str, code: str, facts: frozenset[str]) -> None:
    refused = Refused(code=code, message="the message in English", facts={name: FACTS[name] for name in facts})
    said = {}
    for language in LANGUAGES:
        tui.locale.use(language)
        words = refusal_words(refused)
        assert words is not None and words.endswith((".", "!", "?")) and "{" not in words
        shown = on_the_command_line(refused)
        assert words.rstrip(".") in shown and "the message in English" not in shown
        said[language] = words
    assert said["pt_BR"] != said["en"]


def test_whoever_refuses_has_words_and_nothing_has_words_that_is_never_refused() -> None:
    found = {code for _where, code, _facts in PLACES}
    for path in Path(tui.__file__).parent.rglob("*.py"):
        if {"helm", "engine", "cli", "run"} & set(path.parts):
            made = r'(?:Refus(?:ed|al)\(\s*code=|_refuse\(writer, )"([a-z-]+)"'
            found |= set(re.findall(made, path.read_text("utf-8")))
    assert found == CODES


def test_a_step_is_called_by_its_id_on_the_command_line_and_by_its_name_on_the_screen() -> None:
    run = Driven(listed(sql("a"), sign("b")))
    refused = run.refused(c.Execute(step="b"))
    assert refused.code == "sign"
    assert refusal_sentence(refused, run.state, Keymap()) == "A person attests this step. s signs it."
    refused = run.refused(c.Sign(step="b", note="seen"))
    answer = Refused(code=refused.code, message=refused.message, facts=refused.facts)
    assert on_the_command_line(answer) == "Refused: a comes first and is pending."
    title = run.at("a").step.title
    assert refusal_sentence(refused, run.state, Keymap()) == f"1.1.1 {title} comes first and is pending."


def test_an_unfinished_undo_is_named() -> None:
    facts = {"step": "undo.table", "status": "failed"}
    words = refusal_words(Refused(code="undo", message="", facts=facts))
    assert words is not None and words.startswith("undo.table is failed and may have taken back a part")


def test_a_refusal_without_words_is_shown_as_it_came_but_harmless() -> None:
    refused = Refused(code="of-tomorrow", message="something\x1b[2J new")
    assert refusal_words(refused) is None
    assert on_the_command_line(refused) == "Refused: Something\\x1b[2J new."


@pytest.mark.parametrize("why", [*get_args(confirmation.Why), "other"])
def test_what_costs_a_confirmation_says_why_and_how_to_give_it(why: str) -> None:
    wanted = why not in ("typed", "undo", "other")
    facts = {"target": "shop\x1b", "why": why, "step": "a", "reason": wanted}
    shown = on_the_command_line(Refused(code="confirm", message="the message", facts=facts))
    assert "shop\\x1b" in shown and "the message" not in shown
    assert ("--confirm TARGET --reason TEXT" if wanted else "--confirm TARGET.") in shown


@pytest.mark.parametrize(("language", "told"), [("en", "There is no room left"), ("pt_BR", "Não há mais espaço")])
def test_what_an_engine_could_not_write_is_told_in_the_words_of_who_asked(language: str, told: str) -> None:
    error = JournalFull(Path("/runs/\x1b[2J"))
    refused = Refused(code="journal", message=str(error), facts={"said": to_data(said_of(error))})
    tui.locale.use(language)
    words = on_the_command_line(msgspec.json.decode(msgspec.json.encode(refused), type=Refused))
    assert told in words and "/runs/\\x1b[2J" in words


def test_a_sentence_that_nobody_has_made_is_no_words() -> None:
    refused = Refused(code="journal", message="the message in English", facts={"said": ["Said", "x"]})
    assert on_the_command_line(refused) == "Refused: The message in English."


def test_no_sentence_of_the_screen_names_a_key_by_its_letter() -> None:
    """Keys may be other ones: a sentence has a place for each, named after its action."""
    keys = Keymap(tuple(replace(a, keys=("f5",)) if a.name == "hold" else a for a in Keymap().actions))
    held = Refused(code="held", message="held")
    assert refusal_sentence(held, RunState(), keys) == "The run is held. F5 lets it go on."
    for message in _console_messages():
        assert not re.search(r"(?:^|[;,] |Then )[xsbhRqwX-] \w", message), message


def _console_messages() -> Iterator[str]:
    """Sentences in `_("...")` of the console."""
    for path in Path(tui.console.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
