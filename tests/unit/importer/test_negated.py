"""Sentences put together so that it is known what they ask for, in four languages: what is proposed is that, or nothing
is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.importer.markdown.criterion import Criterion
from tui.importer.markdown.limits import measured
from tui.importer.markdown.numbers import NumberStyle, read_number


@dataclass(frozen=True)
class Tongue:
    """`above` and `below`: verbs, what stands before the figure and what behind it."""

    subjects: tuple[str, ...]
    modals: tuple[str, ...]
    negations: tuple[str, ...]
    above: tuple[tuple[str, str], ...]
    below: tuple[tuple[str, str], ...]
    at_most: tuple[str, ...]
    at_least: tuple[str, ...]
    thousands: str
    ahead: bool = False
    """Whether the negation stands before the modal verb."""


def verbs(*words: str) -> tuple[tuple[str, str], ...]:
    return tuple((word, "") for word in words)


TONGUES = {
    "en": Tongue(
        ("CPU", "The CPU of the primary", "CPU usage", "The processor"), ("must", "should", "may", "can", "is to"),
        ("not", "never"), verbs("exceed", "go above", "rise over", "be more than", "be higher than", "surpass"),
        verbs("fall below", "drop under", "be less than", "be lower than", "stay below"),
        ("at most", "no more than", "a maximum of", "up to", "max."), ("at least", "no less than", "a minimum of"), ",",
    ),
    "pt": Tongue(
        ("CPU", "Uso de CPU", "A CPU no servidor", "A CPU do primário"), ("deve", "pode", "vai"),
        ("não", "nunca", "jamais"),
        verbs("passar de", "ultrapassar", "exceder", "superar", "ficar acima de", "ser maior que", "ser superior a"),
        verbs("ficar abaixo de", "cair abaixo de", "ser menor que", "ser menos de", "ser inferior a"),
        ("no máximo", "até", "não mais de", "não mais do que"), ("pelo menos", "no mínimo", "não menos de"), ".", True,
    ),
    "es": Tongue(
        ("CPU", "Uso de CPU", "La CPU del servidor", "El procesador"), ("debe", "puede", "va a"),
        ("no", "nunca", "jamás"),
        verbs("superar", "superar el", "pasar de", "exceder", "estar por encima del", "ser mayor que", "sobrepasar el"),
        verbs("bajar por debajo de", "estar por debajo del", "ser menor que", "ser menos de", "ser inferior al"),
        ("como máximo", "hasta", "no más de", "a lo sumo"), ("al menos", "como mínimo", "no menos de"), ".", True,
    ),
    "de": Tongue(
        ("CPU", "CPU-Last", "Die CPU des Servers", "Der Prozessor"), ("darf", "soll", "muss", "kann"),
        ("nicht", "nie", "niemals"),
        (("über", "steigen"), ("über", "liegen"), ("", "überschreiten"), ("", "übersteigen"), ("mehr als", "sein")),
        (("unter", "fallen"), ("unter", "liegen"), ("", "unterschreiten"), ("weniger als", "sein")),
        ("höchstens", "maximal", "nicht mehr als"), ("mindestens", "nicht weniger als"), ".",
    ),
}  # fmt: skip


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """Language, sentence, and the relation and value that it asks for."""
    language = draw(st.sampled_from(sorted(TONGUES)))
    tongue = TONGUES[language]
    number = draw(st.integers(1, 100))
    figure = f"{number}{draw(st.sampled_from(['%', ' %']))}"
    subject, modal = draw(st.sampled_from(tongue.subjects)), draw(st.sampled_from(tongue.modals))
    if draw(st.booleans()):
        least = draw(st.booleans())
        words = draw(st.sampled_from(tongue.at_least if least else tongue.at_most))
        return language, f"{subject}: {words} {figure}", "above" if least else "below", f"{number}%"
    above = draw(st.booleans())
    before, behind = draw(st.sampled_from(tongue.above if above else tongue.below))
    negation = draw(st.sampled_from(["", *tongue.negations]))
    if negation and behind and draw(st.booleans()):
        parts = [subject, modal, before, figure, negation, behind]
    else:
        parts = [subject, *((negation, modal) if tongue.ahead else (modal, negation)), before, figure, behind]
    sentence = " ".join(part for part in parts if part)
    relation = "above" if above != bool(negation) else "below"
    return language, sentence + draw(st.sampled_from(["", ".", " (load test)", ", Ana"])), relation, f"{number}%"


@settings(max_examples=150, deadline=None)
@given(drawn=sentences(), trigger=st.booleans())
def test_what_is_proposed_is_what_the_sentence_asks_for(drawn: tuple[str, str, str, str], trigger: bool) -> None:
    language, sentence, relation, value = drawn
    told = measured(sentence, NumberStyle(language, TONGUES[language].thousands), trigger=trigger)
    assert told.limits or told.doubt is not None
    assert all((one.metric, *Criterion(1, "", one).told) == ("cpu", relation, value) for one in told.limits)
    if not trigger and relation == "below":
        assert told.limits


@settings(max_examples=60, deadline=None)
@given(number=st.integers(0, 10**9), decimals=st.sampled_from(["", "5", "25"]), language=st.sampled_from(["en", "de"]))
def test_a_number_that_is_written_is_the_number_that_is_read(number: int, decimals: str, language: str) -> None:
    style = NumberStyle(language, "," if language == "en" else ".")
    point = "." if language == "en" else ","
    wanted = str(number) + (f".{decimals}" if decimals else "")
    grouped = f"{number:,}"
    for sign in (style.thousands, " ", "'"):
        written = grouped.replace(",", sign) + (point + decimals if decimals else "")
        assert read_number(written, style) == wanted


@pytest.mark.parametrize("language", sorted(TONGUES))
def test_every_way_of_saying_it_is_understood(language: str) -> None:
    tongue = TONGUES[language]
    style = NumberStyle(language, tongue.thousands)
    for words in tongue.at_most:
        (limit,) = measured(f"CPU {words} 70%", style).limits
        assert Criterion(1, "", limit).told == ("below", "70%")
    for words in tongue.at_least:
        (limit,) = measured(f"CPU {words} 70%", style).limits
        assert Criterion(1, "", limit).told == ("above", "70%")
