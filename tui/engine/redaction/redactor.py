"""Redaction at capture: secrets leave a stream of bytes before it reaches any file, journal or screen.

Two filters, one behind the other. The first replaces the secrets that are known by value, the second what looks like a
secret: passwords in URLs, connection strings, environment and SQL, and authorization tokens. Both hold back only what
may still become part of a match, so that the result does not depend on how the stream was cut into chunks, and both
work in bounded memory on lines of any length. When in doubt too much is redacted, never too little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from tui.engine.redaction.patterns import ANCHORS, KEY_WORDS, MARK, NAMES, SecretPatterns
from tui.sql.secrets import forms, is_secret_name

MIN_SECRET: Final = 4
"""Shorter values occur everywhere by chance."""
_CUT: Final = b"..."
_LONG: Final = 128
"""Bytes of a value of which not every beginning is kept."""


class Redactor:
    """Redacts one stream of bytes, and texts and structures of their own.

    `feed` and `flush` belong to the stream; `text` and `mapping` are independent of it. `secrets` are values that must
    not appear, of which those under MIN_SECRET characters are ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values = _values(secrets)
        self._known = _KnownValues(self._values)
        self._likely = SecretPatterns()

    def feed(self, data: bytes) -> bytes:
        """Takes the stream's next bytes; returns what is certain by now."""
        return self._likely.feed(self._known.feed(data))

    def flush(self) -> bytes:
        """The rest, at the end of the stream; afterwards a new stream may begin."""
        return self._likely.feed(self._known.flush()) + self._likely.flush()

    def fresh(self, *, excerpts: bool = False) -> Redactor:
        """One for another stream, with the same secrets. `excerpts`: of a program such as psql, which shows a part of
        the statement that failed, with `...` where it is cut off; that may be in the midst of a secret."""
        other = Redactor()
        other._values = self._values
        cut = tuple(piece for value in self._values for piece in _cut_off(value)) if excerpts else ()
        other._known = _KnownValues(tuple(sorted({*self._values, *cut}, key=lambda value: (-len(value), value))))
        return other

    def text(self, text: str) -> str:
        """The text, redacted. Lone surrogates, as from undecodable arguments, are kept."""
        data = text.encode("utf-8", "surrogatepass")
        return text if self._harmless(data) else self._whole(data).decode("utf-8", "surrogatepass")

    def known(self, text: str) -> str:
        """The text without the secrets that are known by value; what only looks like one stays."""
        data = text.encode("utf-8", "surrogatepass")
        if not self.knows(data):
            return text
        values = _KnownValues(self._values)
        return (values.feed(data) + values.flush()).decode("utf-8", "surrogatepass")

    def knows(self, data: bytes) -> bool:
        """Whether a secret that is known by value stands in it."""
        return any(value in data for value in self._values)

    def is_secret(self, text: str) -> bool:
        """Whether the text is one of the secrets, and nothing else."""
        return text.encode("utf-8", "surrogatepass") in self._values

    def mapping(self, value: Any, keep: Callable[[str], bool] = lambda text: False) -> Any:
        """A copy of a structure of dicts, lists, tuples, sets, texts and bytes with every text in it redacted.

        Under a key such as `password` or `token` a text is replaced whole. Other objects are passed on as they are, and
        so are whole texts that `keep` names: a secret may be a word that means something else there.
        """
        if isinstance(value, str):
            return value if keep(value) else self.text(value)
        if isinstance(value, bytes):
            return self._whole(value)
        if isinstance(value, Mapping):
            return {self.mapping(key, keep): self._under(key, item, keep) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            items = [self.mapping(item, keep) for item in value]
            # A named tuple takes its fields one by one.
            return value._make(items) if hasattr(value, "_make") else type(value)(items)
        return value

    def harmless(self, encoded: bytes) -> bool:
        """Whether a JSON text certainly holds nothing to redact: what is escaped, or has a telling key, may."""
        if b"\\" in encoded or not self._harmless(encoded):
            return False
        lowered = encoded.lower()
        return not any(word in lowered for word in KEY_WORDS)

    def _under(self, key: object, value: Any, keep: Callable[[str], bool]) -> Any:
        if isinstance(key, str) and isinstance(value, str | bytes) and value and is_secret_name(key):
            return MARK if isinstance(value, bytes) else MARK.decode()
        return self.mapping(value, keep)

    def _harmless(self, data: bytes) -> bool:
        """Whether there is nothing in it at which a filter would begin; most texts of an event are short and plain."""
        # Written out as loops: generators would cost more than what they look for.
        lowered = data.lower()
        for needle, _anchor in ANCHORS:
            if needle in lowered:
                return False
        for name in NAMES:
            if name in lowered:
                return False
        for value in self._values:
            if value in data:
                return False
        return b"@" not in data

    def _whole(self, data: bytes) -> bytes:
        if self._harmless(data):
            return data
        known, likely = _KnownValues(self._values), SecretPatterns()
        return likely.feed(known.feed(data)) + likely.feed(known.flush()) + likely.flush()


def _values(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """The values to look for, longest first: each as it is, and as others would write it."""
    values = set()
    for secret in secrets:
        plain = secret.strip()
        if len(plain) >= MIN_SECRET:
            values |= {form.encode("utf-8", "surrogatepass") for form in forms(plain)}
    return tuple(sorted(values, key=lambda value: (-len(value), value)))


class _KnownValues:
    """Replaces every occurrence of the values; occurrences that overlap become one mark."""

    def __init__(self, values: tuple[bytes, ...]) -> None:
        self._values = values
        self._groups = _groups(values)
        self._has_lines = any(b"\n" in value for value in values)
        short = [value for value in values if len(value) <= _LONG]
        self._long = tuple(value for value in values if len(value) > _LONG)
        self._beginnings = frozenset(value[:length] for value in short for length in range(1, len(value)))
        self._longest = max(map(len, short), default=1) - 1
        self._rest = b""
        # So many bytes at the beginning of the rest are part of an occurrence whose mark was already given out.
        self._covered = 0

    def feed(self, data: bytes) -> bytes:
        if not self._values:
            return data
        return self._take(self._rest + data if self._rest else data, final=False)

    def flush(self) -> bytes:
        return self._take(self._rest, final=True)

    def _take(self, data: bytes, *, final: bool) -> bytes:
        cut = len(data) if final else self._possible_start(data)
        spans = sorted(self._spans(data))
        if not spans and not self._covered:
            self._rest = data[cut:]
            return data if cut == len(data) else data[:cut]
        pieces: list[bytes] = []
        position = self._covered
        for start, end in spans:
            if start >= cut:
                break
            if start >= position:
                # What touches the occurrence before is one of its own; only an overlap continues it.
                pieces += (data[position:start], MARK)
                if self._has_lines:
                    # They stay as many as they are: what is said of each is told beside them.
                    pieces.append(b"\n" * data.count(b"\n", start, end))
            position = max(position, end)
        if position < cut:
            pieces.append(data[position:cut])
        self._covered = max(0, position - cut)
        self._rest = data[cut:]
        return b"".join(pieces)

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        for beginning, values in self._groups:
            start = data.find(beginning)
            while start >= 0:
                for value in values:
                    if data.startswith(value, start):
                        yield start, start + len(value)
                start = data.find(beginning, start + 1)

    def _possible_start(self, data: bytes) -> int:
        """The first position from which the data's end may be the beginning of a value."""
        tail = data[-self._longest :] if self._longest else b""
        held = next((len(tail) - at for at in range(len(tail)) if tail[at:] in self._beginnings), 0)
        for value in self._long:
            for length in range(min(len(value) - 1, len(data)), held, -1):
                if data.endswith(value[:length]):
                    held = length
                    break
        return len(data) - held


def _cut_off(value: bytes) -> Iterator[bytes]:
    """What is left of a value that is cut off at its beginning or its end."""
    if len(value) <= _LONG:
        for length in range(MIN_SECRET, len(value)):
            yield value[:length] + _CUT
            yield _CUT + value[-length:]


def _groups(values: tuple[bytes, ...]) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """The values by a beginning that they share, to be looked for once: the forms of one secret mostly do."""
    groups: dict[bytes, list[bytes]] = {}
    for value in values:
        groups.setdefault(_CUT if value.startswith(_CUT) else value[:MIN_SECRET], []).append(value)
    return tuple((_shared(members), tuple(members)) for members in groups.values())


def _shared(values: list[bytes]) -> bytes:
    """The longest beginning of all of them."""
    first, last = min(values), max(values)
    length = next((n for n, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return first[:length]
