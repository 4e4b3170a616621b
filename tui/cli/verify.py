"""`virada verify`: is the chain of a run's journal whole?"""

from __future__ import annotations

import click

from tui.cli.output import tell
from tui.cli.recorded import found
from tui.cli.stop import Exit, Stop
from tui.locale import _


@click.command("verify", help=_("Is the journal whole? If not, from which line on."))
@click.argument("run")
def command(run: str) -> None:
    from tui.journal.verify import verify

    paths = found(run)
    verdict = verify(paths.journal)
    if not verdict.ok:
        message = _("{file} is broken at line {seq}: {reason}")
        raise Stop(message.format(file=paths.journal, seq=verdict.bad_seq, reason=verdict.reason), Exit.FAILED)
    if verdict.lines == 0:
        message = _("{file} is broken at line {seq}: {reason}")
        raise Stop(message.format(file=paths.journal, seq=0, reason=_("it has no line.")), Exit.FAILED)
    message = _("whole: {lines} lines, the last with the digest {head}")
    click.echo(message.format(lines=verdict.lines, head=verdict.head))
    if verdict.torn_bytes:
        tell(_("{count} bytes after the last line belong to no line yet.").format(count=verdict.torn_bytes))
