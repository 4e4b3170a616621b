"""Rules for what tells people and asks services: channels, extras that have to be installed, dependencies."""

from __future__ import annotations

from tui.plan.extras import lacking
from tui.plan.outline import Outline
from tui.plan.services import mistakes, service_of
from tui.said import N_, Quoted, Said


def lint_telling(outline: Outline) -> None:
    """Every channel leads somewhere, and every dependency can be asked."""
    known = {name: target.channels for name, target in outline.plan.targets.items()}
    names = tuple(dict.fromkeys(name for channels in known.values() for name in channels))
    said: set[str] = set()
    for placed in outline.steps:
        for use in placed.entry.uses:
            if use.spec is None:
                continue
            needs = outline.kinds[use.kind].needs(use.spec)
            if needs.extra is not None and needs.extra not in said:
                said.add(needs.extra)
                lacks = lacking(needs.extra)
                if lacks is not None:
                    outline.report.add("no-extra", outline.key_at(use.path), lacks, "warning")
            if needs.dependencies and not outline.plan.dependencies and "dependencies" not in outline.converter.bad:
                text = Said("The plan names no dependencies; write them there, or leave this out.")
                outline.add("no-dependencies", f"{use.path}.dependencies", text)
            for name in needs.channels:
                _lint_channel(outline, name, f"{use.path}.channel", known, names)
    for number, dependency in enumerate(outline.plan.dependencies):
        path = f"dependencies.{number}"
        for finding in mistakes(service_of(dependency)) if outline.sound(path) else ():
            outline.report.add(finding.code, outline.at(f"{path}.{finding.key}"), finding.said or "", finding.level)


def _lint_channel(
    outline: Outline, name: str, path: str, known: dict[str, dict[str, str]], names: tuple[str, ...]
) -> None:
    if not outline.sound(path) or "targets" in outline.converter.bad:
        return
    without = [target for target, channels in known.items() if name not in channels]
    if name in names and without:
        text = N_("The targets {targets} have no channel {channel}; there it tells nobody, and fails.")
        outline.add("no-channel", path, Said(text, targets=without, channel=Quoted(name)), "warning")
    elif name not in names:
        guess = outline.report.guess(name, names)
        text = N_("No target has a channel {channel}; write it under the channels of a target.")
        if guess is not None:
            text = N_("No target has a channel {channel}; did you mean {guess}?")
        outline.add("unknown-channel", path, Said(text, channel=Quoted(name), guess=Quoted(guess or "")))
