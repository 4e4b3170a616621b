"""The rules of a plan beyond its types. Each finds all there is to find and says it where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tui.plan.earlier import earlier_of, lint_earlier
from tui.plan.files import Files, Undecodable, not_utf8
from tui.plan.idle import lint_idle
from tui.plan.kinds import Finding, Kind, Lint
from tui.plan.metrics import METRICS, MetricUnit, unit_of
from tui.plan.model import SHORTEST, Guard
from tui.plan.outline import Outline, PlacedStep
from tui.plan.reader import Use
from tui.plan.references import lint_references
from tui.plan.targets import lint_milestones, lint_targets
from tui.plan.telling import lint_telling
from tui.said import LANGUAGES, N_, Quoted, Said, said_of
from tui.sql.question import review_question


def lint(outline: Outline, files: Files) -> dict[str, set[str]]:
    """Apply every rule. By the step's id the files that only a script of it names."""
    _lint_head(outline)
    lint_targets(outline)
    for number, guard in enumerate(outline.plan.success):
        _lint_guard(outline, f"success.{number}", guard)
        _lint_criterion(outline, f"success.{number}", guard, outline.plan.success[:number])
    _lint_structure(outline)
    lint_references(outline)
    lint_milestones(outline)
    lint_idle(outline)
    lint_telling(outline)
    lint_phases(outline)
    kinds_of_steps = {
        placed.entry.step.id: outline.kinds[placed.entry.step.kind]
        for placed in outline.steps
        if placed.entry.step.kind in outline.kinds
    }
    included: dict[str, set[str]] = {}
    for placed in outline.steps:
        said: set[str] = set()
        for use in placed.entry.uses:
            named = included.setdefault(placed.entry.step.id, set())
            said |= _ask_kind(outline, files, placed, use, kinds_of_steps, named)
            lint_earlier(outline, placed, use)
        _lint_step(outline, placed)
        _lint_effect(outline, placed, said)
    return included


def _lint_head(outline: Outline) -> None:
    plan = outline.plan
    if outline.sound("virada") and plan.virada != 1:
        said = Said("This version reads plans of the format 1, not {number}.", number=plan.virada)
        outline.add("unknown-format", "virada", said)
    if outline.sound("name") and not plan.name.strip():
        outline.add("bad-value", "name", Said("A plan needs a name."))
    if plan.locale is not None and plan.locale not in LANGUAGES and outline.sound("locale"):
        message = N_("There are no texts in {locale}, English is shown; there are: {languages}.")
        text = Said(message, locale=Quoted(plan.locale), languages=LANGUAGES)
        outline.add("unknown-locale", "locale", text, "warning")
    if plan.canary is not None and plan.canary.every <= 0 and outline.sound("canary.every"):
        outline.add("bad-value", "canary.every", Said("A canary must pause between two calls; write 1s."))
    if plan.canary is not None and plan.canary.sql is not None and outline.sound("canary.sql"):
        _lint_question(outline, "canary.sql", plan.canary.sql)


def _lint_guard(outline: Outline, path: str, guard: Guard) -> None:
    if outline.sound(f"{path}.metric") and guard.metric not in METRICS:
        guess = outline.report.guess(guard.metric, tuple(METRICS))
        message = N_("There is no metric {metric}; there are: {metrics}.")
        if guess is not None:
            message = N_("There is no metric {metric}; did you mean {guess}?")
        text = Said(message, metric=Quoted(guard.metric), metrics=", ".join(METRICS), guess=Quoted(guess or ""))
        outline.add("unknown-metric", f"{path}.metric", text)
    if unit_of(guard.metric) is MetricUnit.SHARE:
        # A bare 70 would never be reached.
        for key, value in (("below", guard.below), ("above", guard.above), ("equals", guard.equals)):
            if value is not None and value > 1 and outline.sound(f"{path}.{key}"):
                message = N_("{metric} is a share between 0% and 100%.")
                if 2 <= value <= 100:
                    message = N_("{metric} is a share between 0% and 100%; write {text}.")
                text = Said(message, metric=Quoted(guard.metric), text=f"{value:g}%")
                outline.add("bad-quantity", f"{path}.{key}", text)


def _lint_criterion(outline: Outline, path: str, guard: Guard, others: Sequence[Guard]) -> None:
    """The journal tells criteria apart by metric, relation and limit."""
    found = (guard.metric, guard.below, guard.above, guard.equals)
    if any(found == (other.metric, other.below, other.above, other.equals) for other in others) and outline.sound(path):
        message = N_("Another success criterion has the same limit for {metric}; one of them is enough.")
        outline.add("duplicate-guard", path, Said(message, metric=Quoted(guard.metric)))


def _lint_structure(outline: Outline) -> None:
    if outline.sound("phases") and not outline.plan.phases:
        outline.add("no-steps", "phases", Said("The plan has no phases; write at least one with a section and a step."))
    markers: list[str] = []
    for path, phase, in_rollback in outline.phases():
        for section_path, section in outline.sections(path, phase):
            if section.undo_applied:
                if not in_rollback:
                    message = Said("Applied steps are undone in the rollback; this belongs to a section there.")
                    outline.add("undo-applied", f"{section_path}.undo_applied", message)
                elif markers:
                    message = Said("Another section has this mark already; applied steps are undone once.")
                    outline.add("undo-applied", f"{section_path}.undo_applied", message)
                else:
                    markers.append(section_path)
            elif not section.steps and f"{section_path}.steps" not in outline.converter.bad:
                outline.add("no-steps", section_path, Said("This section has no steps."), "warning")


def _lint_step(outline: Outline, placed: PlacedStep) -> None:
    entry, step = placed.entry, placed.entry.step
    proof = step.prove
    compared = f"{entry.path}.prove.equals"
    if proof is not None and outline.sound(compared) and isinstance(proof.equals, dict | list | None):
        said = Said("A proof compares with a single value; use empty or not_empty for the rest.")
        outline.add("bad-value", compared, said)
    asked = f"{entry.path}.prove.query"
    if proof is not None and outline.sound(asked):
        _lint_question(outline, asked, proof.query)
    if step.timeout is not None and step.timeout <= 0 and outline.sound(f"{entry.path}.timeout"):
        outline.add("bad-value", f"{entry.path}.timeout", Said("A timeout must be longer than nothing."))
    if step.tolerate is not None and step.tolerate < SHORTEST and outline.sound(f"{entry.path}.tolerate"):
        message = N_("A silence of less than {seconds} s is nothing to give a connection up for.")
        outline.add("bad-value", f"{entry.path}.tolerate", Said(message, seconds=f"{SHORTEST:g}"))
    kind = outline.kinds.get(step.kind)
    if step.changes is not None and kind is not None and kind.window != "unless_said":
        text = N_("{kind} changes something, or not, whatever the plan says; only a command has this key.")
        outline.report.add("changes", outline.key_at(f"{entry.path}.changes"), Said(text, kind=Quoted(step.kind)))
    if step.confirm is not None and kind is not None and kind.signed:
        said = Said("A person signs this step, with a note; there is nothing to confirm before it.")
        outline.report.add("confirm", outline.key_at(f"{entry.path}.confirm"), said)
    if outline.sound(f"{entry.path}.title") and not step.title.strip():
        outline.add("bad-value", f"{entry.path}.title", Said("A step needs a title."))


def _lint_question(outline: Outline, path: str, sql: str) -> None:
    for found in review_question(sql):
        outline.add(found.code.replace("_", "-"), path, found.message, found.level)


def _lint_effect(outline: Outline, placed: PlacedStep, said: set[str]) -> None:
    """What changes the target can be taken back and proved; `said` are the codes of what the kind said itself."""
    entry, step = placed.entry, placed.entry.step
    kind = outline.kinds.get(step.kind)
    if kind is None or not kind.changes or kind.window == "never":
        return
    at = outline.key_at(f"{entry.path}.{kind.name}")
    wanted = not placed.in_rollback and "no-undo" not in said
    if step.undo is None and wanted and f"{entry.path}.undo" not in outline.converter.bad:
        message = N_("{id} changes the target and has no undo; a rollback cannot take it back.")
        outline.report.add("no-undo", at, Said(message, id=Quoted(step.id or step.title)), "warning")
    judged = kind.fence == "statements" or step.repeat == "always" or kind.says_proof
    if step.prove is None and not judged and f"{entry.path}.prove" not in outline.converter.bad:
        message = N_("{id} has no proof; if it is interrupted, nobody can tell whether it took effect.")
        outline.report.add("no-prove", at, Said(message, id=Quoted(step.id or step.title)), "warning")


def _ask_kind(
    outline: Outline, files: Files, placed: PlacedStep, use: Use, kinds_of_steps: dict[str, Kind], included: set[str]
) -> set[str]:
    """Let the kind look at its own spec, and put what it finds where it belongs; returns the codes. `included` takes
    the files that it makes part of the plan."""
    kind = outline.kinds[use.kind]
    said: set[str] = set()
    if kind.lint is None or use.spec is None:
        return said

    def include(written: str) -> str:
        name = files.include(written)
        included.add(name)
        return name

    question = Lint(
        step=placed.entry.step,
        spec=use.spec,
        read=files.text,
        include=include,
        kinds_of_steps=kinds_of_steps,
        is_undo=use.is_action,
        earlier=cache(lambda: earlier_of(outline, placed)),
    )
    try:
        for finding in kind.lint(question):
            said.add(finding.code)
            _put(outline, files, use, finding, kind.sentence(finding))
    except Undecodable as error:
        outline.report.add("not-utf8", (error.line, 1), not_utf8(error.name), file=files.shown(error.name))
    except (OSError, ValueError) as error:
        outline.report.add("unreadable-file", outline.key_at(use.path), said_of(error))
    return said


def _put(outline: Outline, files: Files, use: Use, finding: Finding, message: str | Said) -> None:
    if finding.file is not None and finding.line is not None:
        at, file = (finding.line, 1), files.shown(finding.file)
    else:
        at, file = outline.key_at(f"{use.path}.{finding.key}" if finding.key else use.path), ""
    outline.report.add(finding.code, at, message, finding.level, file)


def lint_phases(outline: Outline) -> None:
    """A phase's window can hold it, and counts from a target's."""
    opens = None
    for path, phase, in_rollback in outline.phases():
        own, place = phase.window, f"{path}.window"
        if own is None or not outline.sound(place):
            continue
        if in_rollback:
            outline.add("phase-window", place, Said("A rollback needs no window: it may begin whenever it must."))
            continue
        if not any(target.window is not None for target in outline.plan.targets.values()):
            text = Said("This window counts from the opening of the target's, and no target has one.")
            outline.add("phase-window", place, text, "warning")
        if not all(outline.sound(f"{place}.{key}") for key in ("opens", "duration")):
            continue
        if own.duration <= 0:
            outline.add("bad-window", f"{place}.duration", Said("A window must be longer than nothing."))
            continue
        if opens is not None and own.opens < opens:
            text = Said("This window opens before that of an earlier phase, and phases run in their order.")
            outline.add("phase-window", f"{place}.opens", text)
        opens = own.opens
        if phase.starts is not None and not own.opens <= phase.starts < own.opens + own.duration:
            text = Said("The phase starts outside its window, or when only the buffer is left; leave `starts` out.")
            outline.add("phase-window", f"{path}.starts", text)
