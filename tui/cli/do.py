"""`virada do`: the helm without a screen, one command at a time."""

from __future__ import annotations

import time
from contextlib import suppress

import click
import msgspec

from tui.cli import options
from tui.cli.command_line import FORMS, CommandError, parse, usage
from tui.cli.exit import Exit, Stop
from tui.cli.output import print_json, print_line, tell
from tui.helm.protocol import Coming, Refused
from tui.journal.line import JournalError
from tui.locale import _
from tui.run import commands as c
from tui.run.commands import AnyCommand, Close, Rollback, RunTo
from tui.run.driving import ENDING
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.said import say


def _epilog() -> str:
    lines = [_("Commands:")]
    for name, form in FORMS.items():
        lines += [f"  {usage(name)}", f"      {_(form.does)}"]
    return "\b\n" + "\n".join(lines)


@click.command("do", help=_("One command to the engine; waits for its outcome."), epilog=_epilog())
@click.argument("run")
@click.argument("name", metavar="COMMAND")
@click.argument("words", nargs=-1, metavar="[ARG]...")
@click.option("--reason", metavar="TEXT", help=_("Why."))
@click.option("--note", metavar="TEXT", help=_("What was seen or done."))
@click.option("--confirm", metavar="TARGET", help=_("The target's name, to confirm what is dangerous."))
@click.option("--to", metavar="STEP", help=_("Roll back only what came after this step."))
@click.option("--step", metavar="STEP", help=_("The step a note is about."))
@click.option("--due", metavar="DATE", help=_("The day until which an improvement is to be made."))
@click.option("--json", "as_json", is_flag=True, help=_("The answer as data."))
@click.option("--no-wait", is_flag=True, help=_("Do not wait for the outcome."))
@options.take()
@options.keep_driving()
@options.owner()
@options.declared()
def command(
    run: str, name: str, words: tuple[str, ...], reason: str | None, note: str | None, confirm: str | None,
    to: str | None, step: str | None, due: str | None, as_json: bool, no_wait: bool, take: str | None,
    keep_driving: bool, owner: str | None, declared: str | None,
) -> int:  # fmt: skip
    given = {"reason": reason, "note": note, "confirm": confirm, "to": to, "step": step, "due": due}
    if name == c.name_of(c.Improve.__name__):
        # Whose an improvement is, not whose the run.
        given["owner"], owner = owner, None
    try:
        asked = parse(name, words, given)
    except CommandError as error:
        raise click.UsageError(say(error)) from error
    person = options.checked_name(declared)
    from tui.helm.client import HelmRefused, NotPermitted
    from tui.runs.owner import NotOwned, claimed

    try:
        return _carry_out(
            claimed(run, owner), asked, as_json=as_json, wait=not no_wait, take=take, declared=person,
            keep_driving=keep_driving,
        )  # fmt: skip
    except NotOwned as error:
        if not as_json:
            raise
        return _refused(Refused(code="not-permitted", message=say(error)), as_json)
    except NotPermitted as error:
        return _refused(Refused(code="not-permitted", message=say(error)), as_json)
    except HelmRefused as error:
        return _refused(error.refused, as_json)
    except Stop as stop:
        if stop.code != Exit.REFUSED:
            raise
        return _refused(Refused(code="not-possible", message=say(stop.message)), as_json)


def _carry_out(
    paths: RunPaths, asked: AnyCommand, *, as_json: bool, wait: bool, take: str | None, declared: str | None,
    keep_driving: bool = False,
) -> int:  # fmt: skip
    from tui.cli.engine import facts_of
    from tui.cli.follower import RunFollower
    from tui.cli.helm import connected
    from tui.cli.outcome import of_command
    from tui.cli.recorded import outline
    from tui.run.rollback import stays
    from tui.words.codes import STEP_STATUS, word
    from tui.words.driving import drive_lines
    from tui.words.event_details import stays_lines
    from tui.words.runs import outcome_word, run_waiting
    from tui.words.trouble import told_rows, trouble

    # An engine that is started for a command that drives begins nothing of its own accord before it.
    drives = not keep_driving and isinstance(asked, (*ENDING, RunTo))
    coming: Coming = "keep" if keep_driving else "command"
    if not drives and facts_of(paths)["alive"] is False:
        # What an engine goes on with that is started for a note is told before it begins. Why there can be none is told
        # by whatever starts it.
        with suppress(Stop, JournalError, OSError):
            for text in drive_lines(outline(paths), time.time()):
                tell(text)
    with connected(paths, declared=declared, coming=coming, wish="by_hand" if drives else None) as helm:
        answer = helm.request(asked, take=take)
        if isinstance(answer, Refused):
            return _refused(answer, as_json)
        told = {"accepted": True, **_facts(answer)}
        if not wait:
            if as_json:
                print_json(told, indent=0)
            else:
                print_line(_("accepted as line {seq}").format(seq=answer.seq))
            return Exit.DONE
        with RunFollower(paths, None if as_json else tell, since=answer.seq) as follower:
            verdict = follower.until(lambda state: of_command(state, asked, answer.seq, time.time()))
    if as_json:
        step = verdict.step or told["step"]
        outcome = {"status": verdict.status, "step": step, "waiting": verdict.waiting}
        at = follower.state.steps.get(str(step))
        if at is not None:
            outcome |= {"reason": at.reason, "sqlstate": at.sqlstate, "effect": at.effect, "evidence": at.evidence}
        if isinstance(asked, Rollback | Close):
            outcome["stays"] = list(stays(follower.state))
        print_json({**told, **outcome}, indent=0)
    elif isinstance(asked, c.Improve | c.Lesson):
        print_line(_("written down: {what}").format(what=_made(follower.state, asked)))
    elif verdict.code == Exit.WAITING and verdict.waiting is not None:
        at = None if verdict.step is None else follower.state.steps.get(verdict.step)
        why = run_waiting(verdict.waiting, stays=stays(follower.state))
        if at is not None:
            errors = follower.state.errors.unresolved_of(at.id)
            why = run_waiting(verdict.waiting, at.step.kind, at.status, errors=errors)
        print_line(why if verdict.step is None else f"{verdict.step}: {why}")
    else:
        status = outcome_word(verdict.status, stays(follower.state))
        if verdict.step is not None and verdict.status in STEP_STATUS:
            status = word(STEP_STATUS, verdict.status)
        print_line(status if verdict.step is None else f"{verdict.step}: {status}")
        at = None if verdict.step is None else follower.state.steps.get(verdict.step)
        for text in [] if at is None else told_rows(trouble(at)):
            print_line(f"  {text}")
        if isinstance(asked, Rollback):
            for text in stays_lines(follower.state):
                print_line(f"  {text}")
    return verdict.code


def _made(state: RunState, asked: c.Improve | c.Lesson) -> str:
    """What it is called from here on."""
    from tui.words.review import improvement_words, lesson_words

    if isinstance(asked, c.Lesson):
        return lesson_words(state.lessons[-1])
    return improvement_words(state.improvements[-1], time.time())


def _refused(refused: Refused, as_json: bool) -> int:
    """As data or as a sentence; nothing was done."""
    from tui.cli.helm import refusal

    if as_json:
        told = {"code": refused.code, "message": refused.message, "facts": refused.facts}
        print_json({"refused": told}, indent=0)
    else:
        tell(refusal(refused))
    return Exit.REFUSED


def _facts(answer: msgspec.Struct) -> dict[str, object]:
    facts = msgspec.structs.asdict(answer)
    return {key: facts[key] for key in ("seq", "step", "attempt")}
