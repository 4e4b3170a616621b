"""Sentences that are not put into a language yet: English text with `{placeholders}`, and the facts that go into them.

What raises an error or finds a fault knows neither who will read of it nor in which language. It says it with a `Said`;
`tui.words.said.say` puts that into words where it is shown. An exception carries one as its first argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Self

LONGEST_QUOTED = 80
"""Characters of a `Quoted` that are shown."""
LANGUAGES = ("en", "pt_BR")
"""Those of the catalogues, which a plan may name."""
_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)(?::([\w.,+<>^%-]{1,5}))?\}")


_KINDS: dict[str, type[Said]] = {}
"""By the name of the class: what `from_data` makes."""


def N_(text: str) -> str:
    """Marks a sentence of a table for the catalogues."""
    return text


class Said:
    """A sentence of the catalogues and its facts, by name: raw texts, numbers, or what is itself said.

    Of other values the text is kept, of an exception what it says; a list is shown with commas. `many` and `count` are
    those of `several`.
    """

    __slots__ = ("count", "facts", "many", "text")
    text: str
    facts: tuple[tuple[str, Any], ...]
    many: str
    count: int

    def __init_subclass__(cls) -> None:
        _KINDS[cls.__name__] = cls

    def __init__(self, text: str, /, **facts: object) -> None:
        self._fill(text, ((name, _fact(value)) for name, value in facts.items()))

    def _fill(self, text: str, facts: Iterable[tuple[str, Any]], many: str = "", count: int = 0) -> Self:
        for name, value in (("text", text), ("facts", tuple(facts)), ("many", many), ("count", count)):
            object.__setattr__(self, name, value)
        return self

    def put(self, words: Callable[[str, str, int], str], inert: Callable[[str], str]) -> str:
        """In the language of `words`, which is given text, `many` and count; each text among the facts made `inert`.

        A placeholder without a fact stays as it stands, and a fact that its format does not fit is shown without it.
        Braces are doubled only where there are facts.
        """
        facts = dict(self.facts)
        if not facts:
            return words(self.text, self.many, self.count)

        def filled(place: re.Match[str]) -> str:
            name, form = place.groups()
            if name is None:
                return place[0][0]
            if name not in facts:
                return place[0]
            fact = facts[name]
            if form is not None:
                try:
                    return inert(format(fact, form))
                except (TypeError, ValueError):
                    pass
            return fact.put(words, inert) if isinstance(fact, Said) else inert(str(fact))

        return _PLACE.sub(filled, words(self.text, self.many, self.count))

    def changed(self, change: Callable[[str], str]) -> Self:
        """The same with every fact changed, as far as it is a text or its text is changed by that."""

        def changed(fact: Any) -> Any:
            if isinstance(fact, Said):
                return fact.changed(change)
            text = change(str(fact))
            return fact if text == str(fact) else text

        facts = ((name, changed(fact)) for name, fact in self.facts)
        return type(self).__new__(type(self))._fill(self.text, facts, self.many, self.count)

    def __str__(self) -> str:
        """In English, its facts as they are: for logs of the program, and for tests."""
        return self.put(lambda text, many, count: many if many and count != 1 else text, str)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[object, ...]:
        return type(self), self.text, self.facts, self.many, self.count

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("what was said stays")

    def __reduce__(self) -> tuple[Any, ...]:
        return from_data, (to_data(self),)


_KINDS["Said"] = Said


class Quoted(Said):
    """Foreign text, shown in quotes and cut."""

    __slots__ = ()

    def __init__(self, text: str, /) -> None:
        self._fill(text, ())

    def put(self, words: Callable[[str, str, int], str], inert: Callable[[str], str]) -> str:
        shown = inert(self.text)
        return f"'{shown}'" if len(shown) <= LONGEST_QUOTED else f"'{shown[: LONGEST_QUOTED - 1]}…'"

    def changed(self, change: Callable[[str], str]) -> Self:
        return type(self)(change(self.text))


class Joined(Said):
    """Several things said one after another; what stands between them may be a text of the catalogues."""

    __slots__ = ()

    def __init__(self, parts: Iterable[object], by: str = ", ") -> None:
        self._fill(by, (("", _fact(part)) for part in parts))

    def put(self, words: Callable[[str, str, int], str], inert: Callable[[str], str]) -> str:
        parts = (part.put(words, inert) if isinstance(part, Said) else inert(str(part)) for _name, part in self.facts)
        return words(self.text, "", 0).join(parts)


def several(one: str, many: str, count: int, /, **facts: object) -> Said:
    """A sentence in the grammatical number of `count`, which is among its facts."""
    named = ((name, _fact(value)) for name, value in {"count": count, **facts}.items())
    return Said.__new__(Said)._fill(one, named, many, count)


def said_of(error: BaseException) -> str | Said:
    """What an exception says; one of the operating system's may have a reason that is said."""
    if isinstance(error, OSError) and isinstance(error.strerror, Said):
        reason = error.strerror if error.filename is None else Joined((error.strerror, repr(error.filename)), ": ")
        return Joined((f"[Errno {error.errno}]", reason), " ")
    return error.args[0] if error.args and isinstance(error.args[0], Said) else str(error)


def _fact(value: object) -> Any:
    if isinstance(value, BaseException):
        return said_of(value)
    if value is None or isinstance(value, int | float | Said):
        return value
    return Joined(value) if isinstance(value, list | tuple) else str(value)


def to_data(said: str | Said) -> Any:
    """For JSON, as a text or as [kind, text, facts, many, count]."""
    if not isinstance(said, Said):
        return said
    facts = [[name, to_data(fact)] for name, fact in said.facts]
    return [type(said).__name__, said.text, facts, said.many, said.count]


def from_data(data: Any) -> Any:
    """What `to_data` was given. Raises ValueError for what it has not made."""
    if not isinstance(data, list):
        return data
    try:
        name, text, facts, many, count = data
        kind = _KINDS[name]
        return kind.__new__(kind)._fill(
            str(text), ((str(key), from_data(fact)) for key, fact in facts), str(many), int(count)
        )
    except (TypeError, KeyError) as error:
        raise ValueError("nothing that was said") from error
