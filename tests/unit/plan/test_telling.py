"""Whom a plan tells and what it asks: channels of targets, services, and what has to be installed for it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from tui.plan.extras import lacking
from tui.plan.loader import load
from tui.plan.placeholders import placeholder_in
from tui.plan.template import filled, unknown_names
from tui.steps.registry import KINDS
from tui.words.said import say

PLAN = """
virada: 1
name: n
targets:
  a: {environment: development, service: a, channels: {team: "${TEAM_URL}"}}
  b: {environment: development, service: b}
phases:
  - title: P
    sections:
      - title: S
        steps:
          - {id: s, title: T, %s}
"""


def said(path: Path, step: str) -> list[tuple[str, str, int, int, str]]:
    (path / "plan.yaml").write_text(PLAN % step)
    problems = load(path / "plan.yaml", KINDS).problems
    return [(p.level, p.code, p.line, p.column, say(p.message)) for p in problems]


def test_a_channel_that_no_target_has_is_an_error_at_its_place(tmp_path: Path) -> None:
    ((level, code, line, column, text),) = said(tmp_path, "notify: {channel: users, text: x}")
    assert (level, code, line, column) == ("error", "unknown-channel", 12, 49)
    assert text == "No target has a channel 'users'; write it under the channels of a target."
    assert "did you mean 'team'" in said(tmp_path, "notify: {channel: teem, text: x}")[0][4]


def test_a_target_without_the_channel_is_named(tmp_path: Path) -> None:
    ((level, code, _line, _column, text),) = said(tmp_path, "notify: {channel: team, text: x}")
    assert (level, code) == ("warning", "no-channel") and "targets b have no channel 'team'" in text


def test_no_dependencies_to_check(tmp_path: Path) -> None:
    assert [code for _level, code, *_rest in said(tmp_path, "check: {dependencies: true}")] == ["no-dependencies"]


def test_an_address_of_an_http_step(tmp_path: Path) -> None:
    assert said(tmp_path, "http: {url: billing/health}")[0][:4] == ("error", "bad-address", 12, 38)


def test_the_address_of_a_channel_comes_from_the_environment_alone(tmp_path: Path) -> None:
    for address in ("slack://T0K3N/A/B", "${TEAM_URL:-slack://T0K3N/A/B}", "mailto://host?to=a@example.com"):
        plan = (PLAN % "sign: true").replace("${TEAM_URL}", address)
        (tmp_path / "plan.yaml").write_text(plan)
        (problem,) = load(tmp_path / "plan.yaml", KINDS).errors
        assert (problem.code, problem.line, problem.column) == ("secret-in-plan", 5, 62)
        assert "write a variable: ${TEAM_URL}" in say(problem.message) and "T0K3N" not in str(problem)


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ("Authorization: 'Bearer ${TOKEN}'", False),
        ("Authorization: 'Bearer abcdef'", True),
        ("X-Api-Key: abcdef", True),
        ("Accept: text/html", False),
    ],
)
def test_a_key_in_a_header_comes_from_the_environment(tmp_path: Path, header: str, refused: bool) -> None:
    found = [code for _level, code, *_rest in said(tmp_path, f"http: {{url: 'https://b/', headers: {{{header}}}}}")]
    assert found == (["secret-in-plan"] if refused else [])


def test_the_variables_of_channels_and_headers_are_secrets(tmp_path: Path) -> None:
    plan = PLAN % "http: {url: 'https://b/', headers: {Authorization: 'Bearer ${SHOP}'}}"
    (tmp_path / "plan.yaml").write_text(plan)
    assert set(load(tmp_path / "plan.yaml", KINDS).secrets.variables) == {"SHOP", "TEAM_URL"}


@pytest.mark.parametrize(("version", "lacks"), [("1.9.9", True), ("2.0.0", True), ("2.0.1", False), ("2.10.0", False)])
def test_what_is_installed_and_too_old_is_named(monkeypatch: pytest.MonkeyPatch, version: str, lacks: bool) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    found = lacking("notify")
    assert (found is not None) == lacks
    assert found is None or say(found).endswith("install virada[notify].")


def test_what_is_not_installed_is_a_warning_without_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nothing)
    found = said(tmp_path, "notify: {channel: team, text: x}")
    assert ("warning", "no-extra") in [one[:2] for one in found]


def test_a_template_is_filled_and_what_nobody_knows_is_a_question_mark() -> None:
    assert filled("{plan}: {next} {{plan}} {projected_end}", {"plan": "P {x}"}) == "P {x}: ? {plan} ?"
    assert list(unknown_names("{plan} {window} {{x}} {}")) == ["window", ""]


def test_a_phrase_in_brackets_says_nothing_of_people() -> None:
    assert placeholder_in("DBA: [Nome e contato]", of_people=True) == "[Nome e contato]"
    assert placeholder_in("DBA: [Nome e contato]") is None
