"""`virada amend`: a changed plan into an open run, its difference shown before anything is changed."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli import options
from tui.cli.exit import Exit, Stop
from tui.cli.output import ask, print_coloured, print_json, print_line, tell, tell_lines
from tui.locale import _, prefer
from tui.said import said_of
from tui.words.said import say

if TYPE_CHECKING:
    from tui.helm.protocol import Accepted, Refused
    from tui.journal.events import RunOpened
    from tui.plain.changed_plan import LineStyle
    from tui.plan.loader import Loaded
    from tui.runs.paths import RunPaths

_COLOURS: dict[LineStyle, dict[str, object]] = {
    "head": {"bold": True}, "place": {"fg": "cyan"}, "gone": {"fg": "red"}, "new": {"fg": "green"}, "text": {},
}  # fmt: skip


@click.command("amend", help=_("A changed plan into an open run; shows the difference."))
@click.argument("run")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--reason", metavar="TEXT", required=True, help=_("Why; it is recorded."))
@click.option("--confirm", metavar="TARGET", help=_("The target's name, to confirm it on production."))
@click.option("--yes", is_flag=True, help=_("Do not ask; on production --confirm does that."))
@click.option("--despite", metavar="CODE", multiple=True, help=_("Amend in spite of this; it is recorded."))
@click.option("--json", "as_json", is_flag=True, help=_("The answer as data."))
@options.take()
@options.keep_driving()
@options.declared()
def command(
    run: str, plan: Path, reason: str, confirm: str | None, yes: bool, despite: tuple[str, ...], as_json: bool,
    take: str | None, keep_driving: bool, declared: str | None,
) -> int:  # fmt: skip
    from tui.cli.engine import require_open
    from tui.cli.recorded import outline
    from tui.cli.run import load_plan, tell_unknown
    from tui.helm.client import HelmRefused, NotPermitted
    from tui.helm.protocol import Refused
    from tui.plan.files import PLAN_FILE
    from tui.plan.seal import seal_of_digests, work_of
    from tui.runs.owner import claimed, require_own

    if not reason.strip():
        raise click.BadParameter(_("the text is empty."), param_hint="--reason")
    person = options.checked_name(declared)
    loaded = load_plan(plan, _("The plan {file} is not valid; nothing was changed."))
    tell_unknown(despite)
    paths = claimed(run)
    require_open(paths)
    require_own(paths)
    opened = outline(paths).opened
    assert opened is not None
    prefer(opened.plan.locale)
    if not as_json:
        _show(paths, opened, loaded, plan)
    seal = seal_of_digests(loaded.digests)
    if seal != opened.seal:
        digests = {name: digest for name, digest in loaded.digests.items() if name != PLAN_FILE}
        changed = work_of(loaded.plan, digests) != opened.work
        confirm = _confirmed(opened, confirm, yes, as_json, changed)
    try:
        answer = _ask(paths, loaded, plan, opened.seal, reason, confirm, despite, take, keep_driving, person)
    except NotPermitted as error:
        answer = Refused(code="not-permitted", message=str(error))
    except HelmRefused as error:
        answer = error.refused
    return _told(paths, answer, as_json)


def _show(paths: RunPaths, opened: RunOpened, loaded: Loaded, source: Path) -> None:
    """The plan and every file it names, old against new."""
    from tui.plain.changed_plan import difference_lines
    from tui.plan.files import PLAN_FILE
    from tui.plan.sealed import SealedPlan

    sealed = SealedPlan(paths.plan, opened.seal)
    old, new = sealed.digests, loaded.digests
    order = [PLAN_FILE, *sorted((old.keys() | new.keys()) - {PLAN_FILE})]
    names = {name: (old.get(name, ""), new.get(name, "")) for name in order}

    def before(name: str) -> bytes | None:
        return sealed.read(name) if name in old else None

    def after(name: str) -> bytes | None:
        return (source if name == PLAN_FILE else source.parent / name).read_bytes() if name in new else None

    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line, style in difference_lines(before, after, names):
        print_coloured(line, **(_COLOURS[style] if coloured else {}))


def _confirmed(opened: RunOpened, confirm: str | None, yes: bool, as_json: bool, changed: bool) -> str | None:
    """What the amendment is confirmed with: the engine asks for the target's name on production, and a person is asked
    everywhere. `changed`: it is other work that is carried out. Raises Stop where nobody has agreed."""
    production = opened.environment == "production"
    if confirm is not None or (yes and not production):
        return confirm
    if as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        if production:
            return None
        raise Stop(_("Nothing was changed. To amend without being asked: --yes."), Exit.REFUSED)
    if production:
        text = _("PRODUCTION: to amend the plan type the target's name ({target}); anything else leaves it as it is: ")
        if changed:
            tell(_("Its rehearsal says nothing of what changed."))
        typed = _line(text.format(target=opened.target))
        if typed != opened.target:
            raise Stop(_("Nothing was changed."), Exit.REFUSED)
        return typed
    if _line(_("Amend the plan of {run} on {target}? Type yes: ").format(run=opened.id, target=opened.target)) != "yes":
        raise Stop(_("Nothing was changed."), Exit.REFUSED)
    return None


def _line(question: str) -> str:
    try:
        return ask(question)
    except KeyboardInterrupt:
        raise Stop(_("Nothing was changed."), Exit.INTERRUPTED) from None


def _ask(
    paths: RunPaths, loaded: Loaded, source: Path, base: str, reason: str, confirm: str | None,
    despite: tuple[str, ...], take: str | None, keep_driving: bool, person: str | None,
) -> Accepted | Refused:  # fmt: skip
    """The plan is laid beside the run's, and its engine asked; what it does not take is taken away again."""
    from tui.cli.helm import connected
    from tui.plan.replaced import laying
    from tui.plan.seal import seal_of_digests
    from tui.run.commands import Amend

    seal = seal_of_digests(loaded.digests)
    command = Amend(base=base, seal=seal, reason=reason, confirm=confirm, despite=despite)
    with connected(paths, declared=person, coming="keep" if keep_driving else "command") as helm, ExitStack() as laid:
        if seal != base:
            _lay(loaded, source, _place(laid, laying(paths.plan, seal), paths))
        return helm.request(command, take=take, timeout=60)


def _place(laid: ExitStack, place: AbstractContextManager[Path], paths: RunPaths) -> Path:
    """Where the plan is laid, until the block of `laid` ends. Raises Stop."""
    try:
        return laid.enter_context(place)
    except OSError as error:
        text = _("{file}: {reason}.").format(file=paths.directory, reason=say(error.strerror or ""))
        raise Stop(text, Exit.FAILED) from error


def _lay(loaded: Loaded, source: Path, place: Path) -> None:
    """Freeze the plan there. Raises Stop."""
    from tui.plan.freeze import FreezeError, freeze

    try:
        freeze(loaded, source, place)
    except FreezeError as error:
        raise Stop(said_of(error), Exit.FAILED) from error


def _told(paths: RunPaths, answer: Accepted | Refused, as_json: bool) -> int:
    from tui.cli.helm import refusal
    from tui.cli.recorded import outline
    from tui.helm.protocol import Refused

    if isinstance(answer, Refused):
        if as_json:
            print_json({"refused": {"code": answer.code, "message": answer.message, "facts": answer.facts}}, indent=0)
        else:
            tell_lines(refusal(answer))
        return Exit.REFUSED
    state = outline(paths)
    known = state.amendments[-1]
    if as_json:
        steps = [{"step": change.step, "how": change.how} for change in known.steps]
        parts = [change.part for change in known.parts]
        print_json({"accepted": True, "seq": answer.seq, "number": known.number, "seal": known.seal,
                    "work": known.work, "steps": steps, "parts": parts, "voids": known.voids}, indent=0)  # fmt: skip
        return Exit.DONE
    from tui.words.amendments import amendment_lines

    for line in amendment_lines(known):
        print_line(line)
    return Exit.DONE
