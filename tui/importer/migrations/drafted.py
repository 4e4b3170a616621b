"""A project of migrations as a plan: a step for each, with its undo, and everything told that could not be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import Final

from tui.files import OPEN
from tui.importer.draft import Draft, DraftPhase, DraftSection, DraftStep, Noted
from tui.importer.imported import Imported
from tui.importer.migrations.choice import Choice, choose
from tui.importer.migrations.found import Group, Migration, Project, ScriptFile
from tui.importer.migrations.scripts import Scripts
from tui.importer.migrations.verified import verified
from tui.importer.migrations.words import WORDS
from tui.importer.write import write
from tui.said import N_, Said

_LONGEST_ID: Final = 80
_TARGETS: Final = {
    "staging": {"environment": "staging", "service": "app-staging"},
    "production": {"environment": "production", "service": "app-prod"},
}
_WINDOW: Final = '  window: {opens: "2031-12-06T22:00", timezone: America/Sao_Paulo, duration: 45m, buffer: 15m}'


def drafted(scripts: Scripts, project: Project, language: str) -> Imported:
    """The plan's text, its files, and what is told: what could not be carried over, each file without a part."""
    return _Drafting(scripts, project, language).made()


class _Drafting:
    def __init__(self, scripts: Scripts, project: Project, language: str) -> None:
        self.scripts = scripts
        self.project = project
        self.language = language
        self.words = WORDS.get(language) or WORDS["en"]
        self.ids: set[str] = set()
        self.used: set[str] = set()
        self.told: list[Said] = []
        self.steps = 0
        self.undone = 0
        self.critical: list[str] = []

    def made(self) -> Imported:
        sections = [self._section(group) for group in self.project.groups]
        if self.project.record:
            sections.append(self._record())
        draft = Draft(name=self.project.name, locale=self.language)
        place = self.scripts.directory.resolve().name
        draft.above.append(self.words["made"].format(place=place))
        draft.head["targets"] = Noted(_TARGETS, [self.words["targets"], _WINDOW])
        draft.phases.append(DraftPhase(self.words["phase"], sections))
        if self.critical:
            draft.triggers.append({"title": self.words["failed"], "steps": self.critical})
        files = {self.scripts.planned(name): content for name, content in self.scripts.taken.items()}
        told = (self._summary(), *self._all_told())
        modes = {self.scripts.planned(name): self.scripts.modes[name] for name in self.scripts.taken}
        # A question that verifies stands in the plan itself, and so do a tool's variables.
        mode = reduce(and_, self.scripts.modes.values(), OPEN)
        return Imported(plan=write(draft), files=files, told=told, mode=mode, modes=modes)

    def _section(self, group: Group) -> DraftSection:
        title = group.title
        if not title:
            tagged = any(one.tagged for one in self.project.groups)
            title = self.words["repeated" if group.repeated else "untagged" if tagged else "section"]
        section = DraftSection(title)
        for migration in group.migrations:
            section.steps += self._steps(migration)
        return section

    def _steps(self, migration: Migration) -> Iterator[DraftStep]:
        title = migration.title.strip() or (migration.id if migration.up is None else migration.up.name)
        step = DraftStep(self._id(migration.id), title, above=list(migration.remarks))
        for source in (migration.up, migration.down, migration.verify):
            self.used |= set() if source is None else {source.name}
        chosen = Choice(why=migration.by_hand, line=migration.line)
        if migration.up is not None and migration.by_hand is None:
            chosen = choose(self.scripts, migration.up, undo=False)
        self.steps += 1
        if chosen.action is None:
            self._by_hand(step, migration, chosen)
            yield step
            return
        step.keys |= chosen.action | chosen.keys
        step.below += chosen.below
        self.critical.append(step.id)
        self._way_back(step, migration)
        yield step
        if migration.verify is not None:
            yield from self._verify(step, migration.verify)

    def _by_hand(self, step: DraftStep, migration: Migration, chosen: Choice) -> None:
        """What keeps its place, and is done and signed by a person."""
        name = migration.id if migration.up is None else migration.up.name
        where = name if migration.up is None else f"{name}:{chosen.line}"
        step.keys["sign"] = {"text": self.words["by hand"].format(where=where), "expect": self.words["done"]}
        said = N_("{file}:{line}: {reason} In the plan a person carries it out and signs.")
        if migration.up is None:
            said = N_("{reason} In the plan a person carries it out and signs ({step}).")
            self.told.append(Said(said, reason=chosen.why, step=step.id))
        else:
            self.told.append(Said(said, file=name, line=chosen.line, reason=chosen.why))
        for source in (migration.down, migration.verify):
            if source is not None:
                message = N_("{file}: no part of the plan: {step} is carried out by a person.")
                self.told.append(Said(message, file=source.name, step=step.id))

    def _way_back(self, step: DraftStep, migration: Migration) -> None:
        down = migration.down
        if down is None:
            if migration.way_back == "asked":
                step.above.append(self.words["no way back"])
                name = migration.up.name if migration.up is not None else migration.id
                self.told.append(Said("{file}: there is no way back for it; a rollback leaves it.", file=name))
            return
        if migration.stays is None:
            chosen = choose(self.scripts, down, undo=True)
        else:
            chosen = Choice(why=migration.stays[0], line=migration.stays[1])
        if chosen.action is None:
            step.above.append(self.words["back by hand"].format(file=down.name, line=chosen.line))
            said = N_("{file}:{line}: it cannot take {step} back, and a rollback leaves that. {reason}")
            self.told.append(Said(said, file=down.name, line=chosen.line, step=step.id, reason=chosen.why))
            return
        step.keys["undo"] = chosen.action
        self.undone += 1

    def _verify(self, step: DraftStep, verify: ScriptFile) -> Iterator[DraftStep]:
        kind = verified(self.scripts, verify)
        if kind is None:
            self.scripts.leave(verify.name, Said(N_("it verifies nothing")))
            self.told.append(Said("{file}: it verifies nothing.", file=verify.name))
            return
        title = self.words["verify"].format(title=step.title)
        yield DraftStep(self._id(f"verify-{step.id}"), title, kind, above=[verify.name] if "query" in kind else [])

    def _record(self) -> DraftSection:
        """The tool itself has to learn what was applied without it."""
        project = self.project
        section = DraftSection(self.words["record"].format(tool=project.tool))
        said = self.words["tell"].format(record=project.record)
        if project.recorded_by:
            said += " " + self.words["with"].format(tool=project.tool, command=project.recorded_by)
        step = DraftStep(self._id("record"), self.words["recorded"].format(tool=project.tool))
        step.keys["sign"] = {"text": said, "expect": self.words["seen"]}
        section.steps.append(step)
        return section

    def _id(self, wanted: str) -> str:
        plain = re.sub(r"[^a-z0-9_-]+", "-", wanted.lower()).strip("-_")[:_LONGEST_ID] or "migration"
        found, number = plain, 1
        while found in self.ids:
            number += 1
            found = f"{plain}-{number}"
        self.ids.add(found)
        return found

    def _summary(self) -> Said:
        tool = self.project.tool or Said(N_("numbered scripts"))
        message = N_("{tool}: {steps} in all, {undone} of them with a way back in the plan.")
        return Said(message, tool=tool, steps=self.steps, undone=self.undone)

    def _all_told(self) -> Iterator[Said]:
        yield from self.project.told
        yield from self.told
        if self.project.record:
            message = N_("{record} does not learn what virada applies; the last step says so.")
            yield Said(message, record=self.project.record)
        else:
            yield Said(N_("A tool that keeps a record of what is applied does not learn what virada applies."))
        taken, used = self.scripts.taken, self.used
        for name in self.scripts.names:
            if name in taken or name in used:
                continue
            reason = self.scripts.left.get(name, Said(N_("no migration names it")))
            yield Said("{file}: no part of the plan: {reason}.", file=name, reason=reason)
        for name in self.scripts.passed_over:
            message = N_("{file}: not looked at: it is hidden, leads out of the directory, or is no regular file.")
            yield Said(message, file=name)
