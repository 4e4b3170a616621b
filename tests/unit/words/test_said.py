"""What is said without a language: put into either one, with what others wrote in it harmless, never an error."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tui import locale
from tui.journal.remarks import Coded
from tui.said import N_, Joined, Quoted, Said, from_data, said_of, several, to_data
from tui.words.said import say

HOSTILE = "a\x1b[31m\u202e{file}{0}{__class__}\n'b'"
SHOWN = "a\\x1b[31m\\u202e{file}{0}{__class__}\\n'b'"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = locale.language()
    locale.use("en")
    yield
    locale.use(before)


def both(said: Said) -> tuple[str, str]:
    shown = []
    for language in ("en", "pt_BR"):
        locale.use(language)
        shown.append(say(said))
    return shown[0], shown[1]


def test_the_reader_s_language_decides_not_the_speaker_s() -> None:
    locale.use("pt_BR")
    said = Said("The run {run} is closed.", run="r1")
    assert str(said) == "The run r1 is closed."
    assert both(said) == ("The run r1 is closed.", "A execução r1 está encerrada.")


def test_a_number_chooses_its_grammar_in_each_language() -> None:
    counted = [several("{count} error", "{count} errors", count) for count in (0, 1, 2)]
    assert [both(said) for said in counted] == [("0 errors", "0 erro"), ("1 error", "1 erro"), ("2 errors", "2 erros")]
    assert [str(said) for said in counted] == ["0 errors", "1 error", "2 errors"]


def test_a_fact_may_be_said_itself() -> None:
    inner = Joined((Said("a text"), Said("a list")), by=N_(" or "))
    said = Said("expected {expected}, not {found}", expected=inner, found=Said("the number {number}", number=7))
    english, portuguese = both(said)
    assert english == str(said) == "expected a text or a list, not the number 7"
    assert portuguese == "esperava-se um texto ou uma lista, não o número 7"


def test_facts_of_others_steer_nothing_and_are_no_placeholders() -> None:
    said = Said("There is no run {text} in {directory}.", text=HOSTILE, directory=Path("/d\x07"))
    for shown in both(said):
        assert SHOWN in shown
        assert "/d\\x07" in shown
        assert shown.isprintable()
    assert say(HOSTILE) == say(ValueError(HOSTILE)) == SHOWN


def test_a_quoted_text_is_cut_after_it_was_made_visible() -> None:
    assert say(Quoted("\x1b")) == "'\\x1b'"
    assert say(Quoted("x" * 81)) == f"'{'x' * 79}…'"
    assert len(say(Quoted("\x1b" * 50))) == 82


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (Said("{there} {missing}", there=1), "1 {missing}"),
        (Said("{there} {missing:.1f} {0} {} {a.b} {a[0]!r} {", there="x"), "x {missing:.1f} {0} {} {a.b} {a[0]!r} {"),
        (Said("{count:.1f} {nothing:d}", count="many", nothing=None), "many None"),
        (Said("{h} h {m:02d} min {share:.0%}", h=1, m=5, share=0.5), "1 h 05 min 50%"),
        (Said("undo: {{sql: {{file: {file}}}}}", file="f"), "undo: {sql: {file: f}}"),
        (Said("such as {sql: {file: rollback.sql}}"), "such as {sql: {file: rollback.sql}}"),
        (Said("{names}", names=["a", Quoted("b")]), "a, 'b'"),
        (Said(""), ""),
    ],
)
def test_no_template_and_no_fact_raises(said: Said, shown: str) -> None:
    assert both(said) == (shown, shown)
    assert str(said) == shown


def test_it_goes_through_json_and_stays_itself() -> None:
    inner = Joined((Quoted(HOSTILE), 1, 0.5, None, True), by="; ")
    for said in (
        several("{count} error", "{count} errors", 2, at=inner),
        Said("x", file="f"),
        Quoted("q"),
        Coded("x", at=inner),
        "plain",
    ):
        back = from_data(msgspec.json.decode(msgspec.json.encode(to_data(said))))
        assert back == said
        assert type(back) is type(said)
        assert hash(back) == hash(said)
    assert Said("x", a=1) != Said("x", a=2)
    assert len({Said("x", a=[1]), Said("x", a=[1]), Quoted("x"), Said("x")}) == 3
    with pytest.raises(ValueError, match="nothing that was said"):
        from_data(["os.system", "x", [], "", 0])
    with pytest.raises(ValueError, match="nothing that was said"):
        from_data(["Said", "x", {"a": 1}, "", None])


def test_every_fact_can_be_changed() -> None:
    said = several(
        "{count} in {list}", "{count} in {list}", 2, list=[Quoted("secret"), Said("{x} secret", x="a secret")]
    )
    assert str(said.changed(lambda text: text.replace("secret", "-"))) == "2 in '-', a - secret"
    assert Said("{n}", n=1234).changed(lambda text: text.replace("1234", "-")) == Said("{n}", n="-")
    assert Said("{n}", n=1234).changed(lambda text: text) == Said("{n}", n=1234)


def test_an_exception_carries_it() -> None:
    said = Said("The run {run} is closed.", run="r1")
    error = RuntimeError(said)
    assert (said_of(error), str(error)) == (said, "The run r1 is closed.")
    assert said_of(KeyError("k")) == "'k'"
    assert said_of(ValueError()) == ""
    assert said_of(pickle.loads(pickle.dumps(error))) == said
    assert say(OSError(5, said, "f")) == str(OSError(5, str(said), "f"))
    assert say(OSError(5, said)) == str(OSError(5, str(said)))
