"""`virada verify`: is the journal of a run whole, and is its end there?"""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.exit import Exit, Stop
from tui.cli.output import print_line, tell
from tui.cli.recorded import found
from tui.journal.end import End, EndError, parse_end
from tui.journal.verify import Verification
from tui.locale import _, ngettext
from tui.runs.paths import RunPaths
from tui.said import N_, Said
from tui.words.said import say


def _head(ctx: click.Context, param: click.Parameter, value: str | None) -> End | str | None:
    """A head that was noted; empty where the journal's own is asked for."""
    try:
        return parse_end(value) if value else value
    except EndError as error:
        raise click.BadParameter(say(error), ctx, param) from error


@click.command("verify", help=_("Is the journal whole? If not, from which line on."))
@click.argument("run", required=False)
@click.option(
    "--head",
    callback=_head,
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[SEQ:HASH]",
    help=_("Hold it against a head that was noted; without one, print its head and nothing else."),
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=None,
    metavar="FILE",
    help=_("Does this report belong to the journal, and is it as it was made?"),
)
def command(run: str | None, head: End | str | None, report: Path | None) -> None:
    from tui.journal.verify import verify
    from tui.runs.heads import known_head

    paths = found(run)
    # Before the journal is read: a living engine goes on meanwhile.
    known = known_head(paths)
    verdict = verify(paths.journal, None if known is None else known.end)
    if known is not None and verdict.noted in ("lost", "other"):
        from tui.journal.failure import JournalLost
        from tui.runs.heads import lost_words

        lost = JournalLost(paths.journal, known.end, verdict.noted, verdict.lines)
        _broken(verdict, lost_words(lost, known, paths.id), paths, report)
    if not verdict.ok or verdict.lines == 0:
        _broken(verdict, _reason(paths, verdict), paths, report)
    own = End(verdict.lines - 1, verdict.head)
    if head == "":
        print_line(str(own))
        return
    if isinstance(head, End):
        against = verify(paths.journal, head)
        if not against.ok:
            _broken(against, _reason(paths, against), paths, report)
    message = ngettext(
        "whole: {lines} line, the last with the digest {head}",
        "whole: {lines} lines, the last with the digest {head}",
        verdict.lines,
    )
    print_line(message.format(lines=verdict.lines, head=verdict.head))
    if verdict.torn_bytes:
        torn = ngettext(
            "{count} byte after the last line belongs to no line yet.",
            "{count} bytes after the last line belong to no line yet.",
            verdict.torn_bytes,
        )
        tell(torn.format(count=verdict.torn_bytes))
    if report is not None:
        from tui.cli.verify_report import verify_report

        verify_report(paths, report)
    if isinstance(head, End):
        tell(_("The head that was noted is in it."))
    elif known is None:
        tell(end_unknown())
    else:
        tell(
            _("Up to line {seq}, written at {at} and kept apart from it, nothing is missing.").format(
                seq=known.end.seq, at=known.at
            )
        )


def end_unknown() -> str:
    """What is said of a journal of which nothing is kept here."""
    return _(
        "Whether lines are missing at its end cannot be known here: this account, on this host, keeps no head of it. "
        "One that was noted elsewhere tells: virada verify RUN --head SEQ:HASH"
    )


def _reason(paths: RunPaths, verdict: Verification) -> Said:
    message = N_("{file} is broken at line {seq}: {reason}")
    bad, reason = (0, Said("it has no line.")) if verdict.ok else (verdict.bad_seq, verdict.reason)
    return Said(message, file=paths.journal, seq=bad, reason=reason)


def _broken(verdict: Verification, why: Said, paths: RunPaths, report: Path | None) -> None:
    """Raises Stop. A report is held against the journal as it is: it may have been made of just that."""
    if verdict.noted == "lost":
        print_line(_("lost its end: there is no line {seq}").format(seq=verdict.bad_seq))
    else:
        print_line(_("broken at line {seq}").format(seq=0 if verdict.ok else verdict.bad_seq))
    if report is None or verdict.lines == 0:
        raise Stop(why, Exit.FAILED)
    from tui.cli.verify_report import verify_report

    tell(why)
    try:
        verify_report(paths, report)
    except Stop as stop:
        raise Stop(stop.message, Exit.FAILED) from stop
    raise Stop(N_("That the report belongs to it says nothing of what is broken in it."), Exit.FAILED)
