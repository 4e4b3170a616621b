"""The helm's commands as words."""

from __future__ import annotations

import pytest

from tui.cli.command_line import FORMS, CommandError, parse, parse_line, usage
from tui.run import commands as c


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("execute migrate", c.Execute(step="migrate")),
        ("run-to migrate", c.RunTo(step="migrate")),
        ("skip migrate --reason 'not today'", c.Skip(step="migrate", reason="not today")),
        ("skip --reason=no migrate", c.Skip(step="migrate", reason="no")),
        ("sign go all four say go", c.Sign(step="go", note="all four say go")),
        ("sign go --note 'all go'", c.Sign(step="go", note="all go")),
        ("by-hand migrate in psql", c.ByHand(step="migrate", note="in psql")),
        ("retry migrate", c.Retry(step="migrate")),
        ("retry migrate --reason 'was not applied'", c.Retry(step="migrate", reason="was not applied")),
        ("undo migrate", c.Undo(step="migrate")),
        ("cancel migrate", c.Cancel(step="migrate")),
        ("hold", c.Hold()),
        ("hold lunch", c.Hold(reason="lunch")),
        ("resume", c.Resume()),
        ("rollback --reason broken --confirm prod", c.Rollback(reason="broken", confirm="prod")),
        ("rollback --confirm prod --to a it broke", c.Rollback(reason="it broke", confirm="prod", to="a")),
        ("note --step a seen", c.Note(text="seen", step="a")),
        ("note -- --step is a word", c.Note(text="--step is a word")),
        ("feedback faster please", c.Feedback(text="faster please")),
        ("resolve E1 was a typo", c.Resolve(error="E1", text="was a typo")),
        ("handover --note yours", c.Handover(note="yours")),
        ("rest", c.Rest()),
        ("lesson ask before lunch", c.Lesson(text="ask before lunch")),
        ("improve --owner ana --due 2031-12-31 shorter", c.Improve(text="shorter", owner="ana", due="2031-12-31")),
        ("improved I1 it is", c.Improved(improvement="I1", text="it is")),
        ("close", c.Close()),
    ],
)
def test_lines(line: str, command: c.Command) -> None:
    assert parse_line(line) == command


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("exec migrate", "Is 'execute' meant?"),
        ("frobnicate", "there are: execute"),
        ("execute", "execute needs STEP; it is written: execute STEP"),
        ("execute a b", "does not take 'b'"),
        ("execute a --note x", "takes no --note"),
        ("skip a", "needs --reason"),
        ("skip a '  '", "needs --reason"),
        ("sign a one --note two", "does not take 'one'"),
        ("rollback --reason x", "needs --confirm"),
        ("resume now", "does not take 'now'"),
        ("note", "needs TEXT"),
        ("improve shorter --owner ana", "needs --due"),
        ("sign a --note", "--note needs a text"),
        ("sign a 'open", "quotation mark"),
        ("", "no command"),
    ],
)
def test_mistakes_are_sentences(line: str, part: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_line(line)
    assert part in str(caught.value)


def test_every_command_of_the_helm_can_be_written() -> None:
    # Who drives is what `continue` says, and which plan is carried out what `amend` does, not `do`.
    assert {form.command for form in FORMS.values()} == set(c.AnyCommand.__args__) - {c.Drive, c.Amend}
    for name, form in FORMS.items():
        assert name == c.name_of(form.command.__name__)
        assert usage(name).startswith(name)


def test_an_option_that_is_not_given_is_none() -> None:
    assert parse("hold", [], {"reason": None, "note": None}) == c.Hold()
