"""`virada verify`: is the chain of a run's journal whole?"""

from __future__ import annotations

import click

from tui.cli.output import print_line, tell
from tui.cli.recorded import found
from tui.cli.stop import Exit, Stop
from tui.locale import _


@click.command("verify", help=_("Is the journal whole? If not, from which line on."))
@click.argument("run", required=False)
def command(run: str | None) -> None:
    from tui.journal.verify import verify

    paths = found(run)
    verdict = verify(paths.journal)
    if not verdict.ok or verdict.lines == 0:
        bad = verdict.bad_seq if not verdict.ok else 0
        print_line(_("broken at line {seq}").format(seq=bad))
        message = _("{file} is broken at line {seq}: {reason}")
        reason = verdict.reason if not verdict.ok else _("it has no line.")
        raise Stop(message.format(file=paths.journal, seq=bad, reason=reason), Exit.FAILED)
    message = _("whole: {lines} lines, the last with the digest {head}")
    print_line(message.format(lines=verdict.lines, head=verdict.head))
    if verdict.torn_bytes:
        tell(_("{count} bytes after the last line belong to no line yet.").format(count=verdict.torn_bytes))
