"""`virada verify --report`: whether a document belongs to a journal, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, tell
from tui.locale import _, ngettext
from tui.runs.paths import RunPaths
from tui.said import N_, Quoted, Said

if TYPE_CHECKING:
    from tui.report.check import Checked

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a file that is read as a report."""
_LONGEST: Final = 160
_REFUSED: Final = {
    "no_report": N_("{file} is no report of virada's: it has no mark of one, or not a whole one."),
    "other_run": N_("{file} is the report of another run: {run}."),
    "journal_shorter": N_("{file} was made of more lines than the journal has: of line {seq}, which is not there."),
    "journal_changed": N_("{file} was not made of this journal as it is: up to its line {seq} it is another one than "
                          "when it was made."),
    "changed": N_("{file} was changed after it was made: its line {line} is not what the journal gives."),
    "damaged": N_("{file} was changed after it was made: its own digest is another one."),
}  # fmt: skip


def verify_report(paths: RunPaths, file: Path) -> None:
    """Print the verdict. Raises Stop where the report does not belong to the journal, or was changed, and where that
    cannot be known here."""
    from tui.report.check import Verdict, checked
    from tui.report.mark import BYTES
    from tui.report.reading import JournalReading

    # As it is: what a text mode makes of line ends, or of bytes that are no text, would not be seen.
    with file.open("rb") as opened:
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Stop(Said(_REFUSED["no_report"], file=str(file)), Exit.FAILED)
    text = data.decode("utf-8", BYTES)
    found = checked(text, lambda until: JournalReading(paths.journal, until))
    if found.verdict is Verdict.OTHER_BUILD:
        _not_known(found, file)
    if found.verdict is not Verdict.SAME:
        _refuse(found, file)
    assert found.mark is not None
    print_line(_("the report belongs to it, and is what its journal gives, to the last byte"))
    if found.mark.made_by != found.own:
        tell(Said("It says that {by} made it; this is {own}, which makes the same.", by=found.mark.made_by,
                  own=found.own))  # fmt: skip
    _tell_more(found)


def _tell_more(found: Checked) -> None:
    """What else is to be known of the journal that it was made of."""
    mark = found.mark
    assert mark is not None
    if mark.broken is not None:
        told = _("The journal was broken at line {line} when it was made, as it is now; the report says so.")
        tell(told.format(line=mark.broken))
    if mark.torn:
        text = ngettext(
            "{n} byte lay behind line {seq} when it was made, which the report says; it belongs to no line, so that "
            "the report alone tells of it.",
            "{n} bytes lay behind line {seq} when it was made, which the report says; they belong to no line, so that "
            "the report alone tells of them.", mark.torn,
        )  # fmt: skip
        tell(text.format(n=mark.torn, seq=mark.head.seq))
    if found.since:
        text = ngettext(
            "It was made at line {seq}; {n} line has come since, which is not in it.",
            "It was made at line {seq}; {n} lines have come since, which are not in it.", found.since,
        )  # fmt: skip
        tell(text.format(seq=mark.head.seq, n=found.since))


def _not_known(found: Checked, file: Path) -> None:
    """Raises Stop."""
    mark = found.mark
    assert mark is not None
    print_line(_("whether the report is as it was made cannot be known here: another build made it"))
    tell(Said("It was made by {by}, this is {own}: other code, or other data on characters or time zones, so that they "
              "cannot be compared byte by byte.", by=mark.made_by, own=found.own))  # fmt: skip
    _tell_more(found)
    raise Stop(
        Said(
            "{file} names this journal's line {seq}, and its own digest fits, so that no accident has changed it; "
            "whether somebody has only the build that made it can tell.", file=str(file), seq=mark.head.seq,
        ), Exit.UNDECIDED,
    )  # fmt: skip


def _refuse(found: Checked, file: Path) -> None:
    """Raises Stop."""
    print_line(_("the report does not belong to it, or is not as it was made"))
    mark = found.mark
    facts = {"file": str(file), "line": found.line}
    if mark is not None:
        facts |= {"run": mark.run, "seq": mark.head.seq}
    if found.line is not None:
        tell(Said("it says: {text}", text=Quoted(found.found.strip()[:_LONGEST])))
        tell(Said("the journal gives: {text}", text=Quoted(found.expected.strip()[:_LONGEST])))
    changed = found.verdict.value == "changed" and found.line is None
    raise Stop(Said(_REFUSED["damaged" if changed else found.verdict.value], **facts), Exit.FAILED)
