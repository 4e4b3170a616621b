"""What the person at the helm can do: each key becomes a question, or at once a command."""

from __future__ import annotations

from tui.console import register_keys, review_keys
from tui.console.command_questions import CommandQuestions, exact_name, where
from tui.console.input.dialog import Question, QuestionField
from tui.journal.codes import HoldReason
from tui.locale import _, ngettext
from tui.pictures import allowed, foreseen
from tui.pictures.alarm import whose_helm
from tui.pictures.lines import Line, explained
from tui.pictures.no_engine import no_engine_sentence
from tui.pictures.rollback_preview import rollback_lines
from tui.pictures.view import StatusMessage
from tui.run import commands as c
from tui.run.attested import is_attested
from tui.run.confirmation import cost
from tui.run.rollback import stays
from tui.run.steps import StepState, attestation_of, is_signed
from tui.words.driving import stop_words
from tui.words.errors import error_words
from tui.words.holding import held_sentence
from tui.words.inert import visible
from tui.words.persons import person_words
from tui.words.shown import shown_lines
from tui.words.steps import name_of


class CommandKeys(CommandQuestions):
    """One method an action; the action's name is the method's."""

    def do(self, name: str) -> None:
        view = self._console.view()
        if view.nothing_runs:
            # Before whose helm it is: an engine that has ended has nobody at it.
            self._console.say(StatusMessage(no_engine_sentence(view), "error"))
            return
        holder = allowed.elsewhere(view)
        if holder is not None and name != "take":
            self._console.say(StatusMessage(whose_helm(holder, view), "warning"))
            return
        getattr(self, name)()

    # -- steps

    def execute(self) -> None:
        at = self._step()
        if at is None:
            return
        other = allowed.instead(self._console.view(), at)
        if other is not None:
            self._instead(at, other)
        elif not self._refused(allowed.execution(at)):
            self._execute(at, ())

    def _instead(self, at: StepState, other: StepState) -> None:
        """Another step than the selected one can be done now: it is asked for, with what it costs."""
        text = _("{step} cannot be executed now.").format(step=name_of(at))
        lines = explained(text, "warn") + explained(_("Next is {step}.").format(step=name_of(other)))
        if is_signed(other.step):
            self._sign(other, lines)
        else:
            self._execute(other, lines)

    def _execute(self, at: StepState, lines: tuple[Line, ...]) -> None:
        """`lines`: why it is this step that is asked for; without them what costs nothing is done at once."""
        command = allowed.execution(at)
        view = self._console.view()
        if at.status == "undecided":
            # The engine takes this only with a reason: nobody knows but the person who looked.
            text = _("Its fate is undecided. Run it again only after you saw that it was not applied.")
            lines += explained(text, "bad")
            self._text(
                _("Run {step} again").format(step=name_of(at)),
                _("Try again"),
                _("How do you know that it was not applied?"),
                lambda text: self._run(at, text, ()),
                lines,
            )
        elif lines and cost(view.state, command, view.moment.wall) is None:
            question = Question(
                title=_("Execute {step}").format(step=name_of(at)), confirm=_("Execute"),
                lines=lines + foreseen.lines(view, command),
            )  # fmt: skip

            def answered(_values: list[str]) -> None:
                self._console.follow()
                self._send(command)

            self._console.ask(question, answered)
        else:
            self._run(at, None, lines)

    def _run(self, at: StepState, reason: str | None, lines: tuple[Line, ...]) -> None:
        title = _("Execute {step}").format(step=name_of(at))
        self._paid(allowed.execution(at, reason), title, _("Execute"), lines)

    def run_to(self) -> None:
        at = self._step()
        command = None if at is None else c.RunTo(step=at.id)
        if at is None or command is None or self._refused(command):
            return
        view = self._console.view()

        def sent() -> None:
            self._console.send(command)
            # What runs now is of interest, no longer where it is to end.
            self._console.overview.checklist.follow()

        near = foreseen.run_to(view, at)
        if near is not None and near.due:
            # What it sets going stands in the footer and above it.
            sent()
            return
        told = foreseen.follows(view, command)
        if told is not None and not told.due and all(one.step.with_ for one in view.state.running()):
            text = _("Nothing would run by itself: {why}.").format(why=stop_words(told))
            self._console.say(StatusMessage(text, "warning"))
            return
        question = Question(
            title=_("Run on to {step}").format(step=name_of(at)),
            confirm=_("Run on"),
            lines=foreseen.lines(view, command),
        )
        self._console.ask(question, lambda _values: sent())

    def sign(self) -> None:
        at = self._step()
        if at is not None and not self._refused(c.Sign(step=at.id, note=allowed.TRIED)):
            self._sign(at, ())

    def _sign(self, at: StepState, lines: tuple[Line, ...]) -> None:
        asked = attestation_of(at.step)
        if asked.text is not None:
            lines += explained(asked.text)
        if is_attested(at.id):
            lines += explained(_("Nothing measures this on this target: say how you know whether it holds."))
        for text in shown_lines(self._console.view().state, asked.show, self._console.view().moment.wall):
            lines += explained(text)
        lines += foreseen.lines(self._console.view(), c.Sign(step=at.id, note=allowed.TRIED))
        label = _("What was seen or done") if asked.expect is None else visible(asked.expect)
        self._text(
            _("Sign {step}").format(step=name_of(at)),
            _("Sign"),
            label,
            lambda note: self._console.send(c.Sign(step=at.id, note=note)),
            lines,
        )

    def by_hand(self) -> None:
        at = self._step()
        if at is None or self._refused(c.ByHand(step=at.id, note=allowed.TRIED)):
            return
        lines: tuple[Line, ...] = ()
        if at.step.prove is not None:
            lines = explained(_("The step's own proof is looked at before it counts as done."), "dim")
        lines += foreseen.lines(self._console.view(), c.ByHand(step=at.id, note=allowed.TRIED))
        self._text(
            _("Done by hand: {step}").format(step=name_of(at)),
            _("Record"),
            _("What was done, and where"),
            lambda note: self._console.send(c.ByHand(step=at.id, note=note)),
            lines,
        )

    def skip(self) -> None:
        at = self._step()
        if at is None or self._refused(c.Skip(step=at.id, reason=allowed.TRIED)):
            return
        self._text(
            _("Skip {step}").format(step=name_of(at)),
            _("Skip"),
            _("Reason"),
            lambda reason: self._console.send(c.Skip(step=at.id, reason=reason)),
            foreseen.lines(self._console.view(), c.Skip(step=at.id, reason=allowed.TRIED)),
        )

    def cancel(self) -> None:
        at = allowed.to_cancel(self._console.view())
        if at is None:
            self._console.say(StatusMessage(_("No step is running."), "warning"))
            return
        if self._refused(c.Cancel(step=at.id)):
            return
        title = _("Cancel {step}").format(step=name_of(at))
        lines = explained(_("The statement or program that runs is ended; what became of it is then looked at."))
        lines += foreseen.lines(self._console.view(), c.Cancel(step=at.id))
        question = Question(title=title, confirm=_("Cancel the step"), cancel=_("Let it run"), lines=lines, danger=True)
        self._console.ask(question, lambda _values: self._console.send(c.Cancel(step=at.id)))

    def undo(self) -> None:
        at = self._step()
        if at is None or self._refused(c.Undo(step=at.id)):
            return
        self._paid(c.Undo(step=at.id), _("Undo {step}").format(step=name_of(at)), _("Undo"))

    # -- the run

    def hold(self) -> None:
        if self._console.view().state.held_for is not None:
            self._console.send(c.Resume())
        elif not self._refused(c.Hold()):
            self._console.send(c.Hold())

    def accept(self) -> None:
        """What answers becomes the run's target: the same two acts as a rollback."""
        state = self._console.view().state
        opened, barrier = state.opened, state.barrier
        if opened is None or self._refused(c.Accept(reason=allowed.TRIED, confirm=opened.target)) or barrier is None:
            return
        title = _("ACCEPT what answers as {target} ({environment})")
        follows = _("Everything that follows, a rollback too, is done there.")
        if barrier.code == HoldReason.OTHER_RUN:
            title = _("GO ON BESIDE another run on {target} ({environment})")
            follows = _("Both runs may change the target from here on, one step at a time.")
        question = Question(
            title=where(title, opened),
            confirm=_("Accept"),
            danger=True,
            typed_first=True,
            lines=(*explained(held_sentence(barrier), "warn"), *explained(follows)),
            fields=(QuestionField(label=_("Reason")), exact_name(opened.target)),
        )  # fmt: skip
        self._console.ask(question, lambda values: self._console.send(c.Accept(reason=values[0], confirm=values[1])))

    def rollback(self) -> None:
        view = self._console.view()
        opened = view.state.opened
        if opened is None or self._refused(c.Rollback(reason=allowed.TRIED, confirm=opened.target)):
            return
        question = Question(
            title=where(_("ROLL BACK {target} ({environment})"), opened),
            confirm=_("Roll back"),
            danger=True,
            typed_first=True,
            lines=(
                *rollback_lines(view),
                *foreseen.lines(view, c.Rollback(reason=allowed.TRIED, confirm=opened.target)),
            ),
            fields=(QuestionField(label=_("Reason")), exact_name(opened.target)),
        )
        self._console.ask(question, lambda values: self._console.send(c.Rollback(reason=values[0], confirm=values[1])))

    def note(self) -> None:
        if self._refused(c.Note(text=allowed.TRIED)):
            return
        at = self._console.view().step
        step = None if at is None else at.id
        title = _("Note") if at is None else _("Note at {step}").format(step=name_of(at))
        self._text(title, _("Write"), _("Text"), lambda text: self._console.send(c.Note(text=text, step=step)))

    def feedback(self) -> None:
        review_keys.feedback(self._console)

    def lesson(self) -> None:
        review_keys.lesson(self._console)

    def improve(self) -> None:
        review_keys.improve(self._console)

    def resolve(self) -> None:
        register_keys.resolve(self._console)

    def rest(self) -> None:
        if not self._refused(c.Rest()):
            self._console.send(c.Rest())

    def take(self) -> None:
        holder = self._console.view().state.helm
        lines: tuple[Line, ...] = ()
        if holder is not None:
            lines = explained(_("{holder} has it now and will see this.").format(holder=person_words(holder)), "warn")
        ended = foreseen.ending(self._console.view())
        lines += explained(ended, "run") if ended else ()
        # Taking over is a decision of its own in the journal; the note that goes with it changes nothing in the run.
        self._text(
            _("Take the helm"),
            _("Take it"),
            _("Reason"),
            lambda text: self._console.send(c.Note(text=text), take=text),
            lines,
        )

    def handover(self) -> None:
        self._text(
            _("Hand the helm over"),
            _("Hand over"),
            _("What the next person must know"),
            lambda text: self._console.send(c.Handover(note=text)),
        )

    def close(self) -> None:
        state = self._console.view().state
        if self._refused(c.Close()):
            return
        left = [at for at in state.steps if at.group == "main" and not at.is_ended and at.step.with_ is None]
        unresolved = [error for error in state.errors if error.resolved is None]
        finished = state.status in ("completed", "rolled_back") and not unresolved
        lines = list(explained(_("Nothing more can be done in a run that is closed.")))
        if left and state.status != "rolled_back":
            text = ngettext("{n} step has not ended.", "{n} steps have not ended.", len(left)).format(n=len(left))
            lines.extend(explained(text, "warn"))
        costs = cost(state, c.Close(), self._console.view().moment.wall) is not None
        for step in () if costs else stays(state):
            text = _("Not taken back: {step}").format(step=name_of(state.steps[step]))
            lines.extend(explained(text, "warn"))
        for error in unresolved:
            text = _("{id} is not resolved: {text}").format(
                id=visible(error.id), text=visible(error_words(error)[:400])
            )
            lines.extend(explained(text, "warn"))
        if costs:
            self._paid(c.Close(), _("Close the run"), _("Close"), tuple(lines))
            return
        # It cannot be taken back, so that it always costs two acts.
        question = Question(
            title=_("Close the run"),
            confirm=_("Close"),
            danger=True,
            lines=tuple(lines),
            fields=(QuestionField(label=_("Reason"), optional=finished),),
        )
        self._console.ask(question, lambda values: self._console.send(c.Close(reason=values[0] or None)))
