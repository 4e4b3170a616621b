"""Which target a run is for, and what production refuses."""

from __future__ import annotations

import click
import pytest
from msgspec.structs import replace

import tui.locale
from tests.unit.cli.journals import plan, sign
from tui.cli import demo
from tui.cli.drive import way_of
from tui.cli.exit import Exit, Stop
from tui.cli.options import policy_of
from tui.cli.run import choose_target, mode_of
from tui.plan.model import Target
from tui.said import LANGUAGES

ONE = plan(sign("go"))
TWO = replace(
    ONE, targets={"staging": Target(environment="staging", dsn="x"), "prod": Target(environment="production", dsn="y")}
)


def test_the_only_target_needs_no_name() -> None:
    assert choose_target(ONE, None) == "demo"
    assert choose_target(TWO, "prod") == "prod"


@pytest.mark.parametrize("name", [None, "porduction"])
def test_of_several_one_is_named(name: str | None) -> None:
    with pytest.raises(click.UsageError, match="staging, prod") as caught:
        choose_target(TWO, name)
    assert caught.value.exit_code == 2


def test_what_is_not_production_is_a_rehearsal() -> None:
    assert mode_of(TWO, "staging", rehearsal=False, compress=60.0) == "rehearsal"
    assert mode_of(TWO, "staging", rehearsal=True, compress=1.0) == "rehearsal"
    assert mode_of(TWO, "prod", rehearsal=False, compress=1.0) == "live"


@pytest.mark.parametrize(("rehearsal", "compress"), [(True, 1.0), (False, 2.0)])
def test_production_is_neither_rehearsed_nor_compressed(rehearsal: bool, compress: float) -> None:
    with pytest.raises(Stop) as caught:
        mode_of(TWO, "prod", rehearsal=rehearsal, compress=compress)
    assert caught.value.code == Exit.REFUSED


def test_policies() -> None:
    assert policy_of(False, None, None, None) is None
    headless = policy_of(True, "as agreed", "rollback", "ana")
    assert headless is not None
    assert (headless.drive, headless.sign_off, headless.on_failure) == ("headless", "as agreed", "rollback")
    assert (headless.signer or "").startswith("ana (declared by ")


def test_the_demo_signs_in_no_language() -> None:
    policies = []
    for language in LANGUAGES:
        tui.locale.use(language)
        policies.append(demo.policy_of(True, False))
    tui.locale.use("en")
    assert len(set(map(repr, policies))) == 1 and policies[0].sign_off == ""


def test_ways() -> None:
    assert way_of(headless=True, plain=True) == "headless"
    assert way_of(headless=True, detach=True) == "detach"
    assert way_of(plain=True) == "plain"
