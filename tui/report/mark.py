"""What a report says of itself, in one line: of which run and up to which line of its journal it is, how it was made,
and a digest of its own text."""

from __future__ import annotations

import hashlib
import re
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from tui.journal.end import End

Format = Literal["html", "md", "json"]
FORMATS: Final[tuple[Format, ...]] = ("html", "md", "json")
ZEROS: Final = "0" * 64
BYTES: Final = "surrogateescape"
"""How a file of any bytes is read as text and made bytes again: two files are the same text where they are the same
bytes, and nowhere else."""
_NAME: Final = "virada-report/1"
_WORD: Final = r"[A-Za-z0-9_.+-]{1,200}"
_MARK: Final = (
    rf"{_NAME} run={_WORD} head=[0-9]{{1,18}}:[0-9a-f]{{64}} format=(?:html|md|json) parts=[a-z,]{{1,200}} "
    rf"language={_WORD} by={_WORD}:[0-9a-f]{{16}} cast=(?:-|{_WORD}:[0-9a-f]{{64}})(?: torn=[0-9]{{1,18}})?"
    r"(?: broken=[0-9]{1,18})? sum=[0-9a-f]{64}"
)
_PLACES: Final = (
    re.compile(rf'^<meta name="virada-report" content="({_MARK})">$', re.MULTILINE),
    re.compile(rf'\A\{{\n? *"mark": ?"({_MARK})"'),
    re.compile(rf"^`({_MARK})`\n?\Z", re.MULTILINE),
)
"""Where it stands in HTML, JSON and Markdown: nothing of others can stand there."""


class Mark(Struct, frozen=True, kw_only=True):
    """`made_by`: see `tui.report.build`. `cast`: name and SHA-256 of an asciicast beside it. `torn`: bytes behind the
    journal's last whole line, `broken`: its first line that was not as it was written, when the document was made; both
    are told in it. `sum`: SHA-256 of the document with zeros in its place."""

    run: str
    head: End
    format: Format
    parts: tuple[str, ...] = ()
    language: str = "en"
    made_by: str = ""
    cast: tuple[str, str] | None = None
    torn: int = 0
    broken: int | None = None
    sum: str = ZEROS

    def __str__(self) -> str:
        cast = "-" if self.cast is None else ":".join(self.cast)
        torn = f" torn={self.torn}" if self.torn else ""
        broken = "" if self.broken is None else f" broken={self.broken}"
        return (
            f"{_NAME} run={self.run} head={self.head} format={self.format} parts={','.join(self.parts) or 'all'} "
            f"language={self.language} by={self.made_by} cast={cast}{torn}{broken} sum={self.sum}"
        )

    @property
    def version(self) -> str:
        return self.made_by.partition(":")[0]


def plain(name: str) -> str:
    """A name as it may stand in a mark."""
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", name)[:200] or "_"


def sealed(text: str) -> str:
    """The document with its own digest in the place of the zeros of its mark."""
    found = mark_of(text)
    assert found is not None and found.sum == ZEROS
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text.replace(str(found), str(replace(found, sum=digest)), 1)


def unsealed(text: str, mark: Mark) -> str:
    """The document as it was before `sealed`."""
    return text.replace(str(mark), str(replace(mark, sum=ZEROS)), 1)


def is_whole(text: str, mark: Mark) -> bool:
    """Whether the document has the digest that it says it has: what an accident changes it does not survive."""
    return hashlib.sha256(unsealed(text, mark).encode("utf-8", BYTES)).hexdigest() == mark.sum


def mark_of(text: str) -> Mark | None:
    """The mark of a document; None for what is none."""
    for place in _PLACES:
        found = place.search(text)
        if found is not None:
            return _parsed(found[1])
    return None


def _parsed(text: str) -> Mark:
    told = dict(part.split("=", 1) for part in text.split(" ")[1:])
    seq, _colon, digest = told["head"].partition(":")
    name, _colon, of_cast = told["cast"].rpartition(":")
    return Mark(
        run=told["run"], head=End(int(seq), digest), format=told["format"],  # type: ignore[arg-type]
        parts=() if told["parts"] == "all" else tuple(told["parts"].split(",")), language=told["language"],
        made_by=told["by"], cast=(name, of_cast) if of_cast and name else None, torn=int(told.get("torn", 0)),
        broken=int(told["broken"]) if "broken" in told else None, sum=told["sum"],
    )  # fmt: skip
