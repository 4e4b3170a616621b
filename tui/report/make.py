"""A report in one of its formats: the same bytes for the same lines of a journal, the same version and language."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.locale import _, language
from tui.pictures.timezone import zone
from tui.report.build import made_by
from tui.report.data import data
from tui.report.document import document
from tui.report.mark import Format, Mark, plain, sealed
from tui.report.reading import JournalReading
from tui.words.inert import visible_json


def made(
    reading: JournalReading, format_: Format, parts: Sequence[str] = (), cast: tuple[str, str] | None = None,
    by: str | None = None,
) -> str:  # fmt: skip
    """The whole text, with its mark. `cast`: name and SHA-256 of an asciicast beside it. `by`: the build that it says
    made it, of one that is made anew. Raises ValueError where the journal does not begin with the opening of a run."""
    opened = reading.state.opened
    if opened is None:
        raise ValueError(_("The journal does not begin with the opening of a run."))
    mark = Mark(
        run=plain(opened.id), head=reading.head, format=format_, parts=tuple(parts),
        made_by=by or made_by(zone(reading.state)), torn=reading.torn_bytes,
        broken=None if reading.broken is None else reading.broken.seq,
        language="-" if format_ == "json" else language(),
        cast=None if cast is None else (plain(cast[0]), cast[1]),
    )  # fmt: skip
    return sealed(_text(reading, mark))


def _text(reading: JournalReading, mark: Mark) -> str:
    if mark.format == "json":
        encoded = msgspec.json.format(msgspec.json.encode(data(reading, mark), order="deterministic"), indent=1)
        return visible_json(encoded.decode()) + "\n"
    from tui.report.html import Rules, html
    from tui.report.markdown import markdown

    rules = Rules()
    found = document(reading, mark, rules.name, mark.parts)
    if mark.format == "md":
        return markdown(found, mark)
    return html(found, mark, rules, {"contents": _("Contents")})
