"""A plan file into a typed plan, or into all that is wrong with it, in one pass."""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from msgspec import Struct

from tui.plan import yaml
from tui.plan.convert import Converter
from tui.plan.files import PLAN_FILE, Files, open_regular, why
from tui.plan.kinds import Kinds
from tui.plan.lint import lint
from tui.plan.model import Plan, actions
from tui.plan.outline import Outline
from tui.plan.problems import Problem, ProblemReport
from tui.plan.reader import PlanReader
from tui.plan.secrets import Secrets, lint_secrets
from tui.said import Said


class Loaded(Struct, frozen=True, kw_only=True):
    """What a plan file says. `plan` is None when there is an error among the `problems`; warnings leave it there.

    `files`: the relative names of the files the plan names, sorted, itself not among them. `digests`: the SHA-256 of
    each of them and of the plan itself (as `plan.yaml`), as they were when they were read. `positions`: line and
    column by path: `name`, `targets.production.window.opens`, `success.0.metric`, `phases.0.sections.1.title`, and
    for all that belongs to a step `steps.<id>`, `steps.<id>.sql.file`.
    """

    plan: Plan | None
    problems: list[Problem]
    files: tuple[str, ...] = ()
    digests: dict[str, str] = {}
    positions: dict[str, tuple[int, int]] = {}
    secrets: Secrets = Secrets()
    uses: dict[str, tuple[str, ...]] = {}
    """By the step's id the files that it, its undo and its cleanup use, those that only a script names included."""

    @property
    def errors(self) -> list[Problem]:
        """The problems for which the plan is refused."""
        return [problem for problem in self.problems if problem.level == "error"]


def load(path: Path, kinds: Kinds) -> Loaded:
    """Read a plan. Never raises for what a file holds, or for one that is not there: that is a problem as well."""
    # Collecting garbage again and again while a large plan grows takes a third of the time and finds none.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _load(path, kinds)
    finally:
        if collecting:
            gc.enable()


def _load(path: Path, kinds: Kinds) -> Loaded:
    report = ProblemReport(str(path))
    raw = _read(path, report)
    text = None if raw is None else yaml.decode(raw, report)
    root = None if text is None else yaml.compose(text, report)
    if raw is None or root is None:
        return Loaded(plan=None, problems=report.sorted())
    files = Files(path.parent, report, path)
    converter = Converter(report, files)
    reader = PlanReader(converter, kinds)
    plan = converter.struct(root, Plan, "")
    uses: dict[str, tuple[str, ...]] = {}
    if isinstance(plan, Plan):
        included = lint(Outline(plan, converter, reader, kinds), files)
        uses = _uses(plan, kinds, included)
    secrets = lint_secrets(root, report, files, text or "", kinds)
    report.hide(secrets.values)
    return Loaded(
        plan=plan if report.errors == 0 else None,
        problems=report.sorted(),
        files=tuple(sorted(files.digests)),
        digests={PLAN_FILE: hashlib.sha256(raw).hexdigest(), **files.digests},
        positions=converter.positions,
        secrets=secrets,
        uses=uses,
    )


def _uses(plan: Plan, kinds: Kinds, included: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {step: set(names) for step, names in included.items()}
    for step, action in actions(plan):
        kind = kinds.get(action.kind)
        if kind is not None:
            found.setdefault(step.id, set()).update(str(PurePosixPath(name)) for name in kind.files(action.spec))
    return {step: tuple(sorted(names)) for step, names in found.items() if names}


def _read(path: Path, report: ProblemReport) -> bytes | None:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            return file.read(yaml.LONGEST_FILE + 1)
    except FileNotFoundError:
        report.add("missing-file", (1, 1), Said("There is no such file."))
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else error
        report.add("unreadable-file", (1, 1), Said("The plan cannot be read: {reason}.", reason=reason))
    return None
