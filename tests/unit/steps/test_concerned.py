"""Which tables a plan concerns: words of what changes something, tables that are named, and what nobody can tell."""

from __future__ import annotations

from msgspec.structs import replace

from tests.unit.run.runs import listed, query, sign
from tui.plan.kinds import Needs
from tui.plan.model import Action, Step
from tui.steps.concerned import concerned_by
from tui.steps.registry import KINDS

FILES = {"a.sql": "alter table app.orders add region text;\n", "gexec.sql": "select 1 \\gexec\n"}


def step(id: str, kind: str, **spec: object) -> Step:
    return Step(id=id, title=id, kind=kind, spec=spec)


def test_what_changes_something_concerns_its_tables() -> None:
    made = [
        step("add", "sql", file="a.sql"), query("ask"), sign("go"), step("dump", "backup", directory="/b"),
        step("gexec", "psql", file="gexec.sql"), step("run", "command", run=["./x"]),
        Step(id="look", title="l", kind="command", spec={"run": ["./y"]}, changes=False),
        Step(
            id="u", title="u", kind="sign", spec={"text": "x"},
            undo=Action(kind="sql", spec={"text": "drop table t"}),
        ),
    ]  # fmt: skip
    found = concerned_by(listed(*made), FILES.__getitem__, KINDS)
    assert {"app.orders", "t"} <= set(found.names) and found.tables == ()
    assert found.untold == ("gexec", "run"), "a question, a dump and what changes nothing hide nothing"


def test_a_script_that_cannot_be_read_and_a_kind_of_another_version_are_told() -> None:
    found = concerned_by(listed(step("gone", "sql", file="gone.sql"), step("new", "new")), _missing, KINDS)
    assert found.untold == ("gone", "new")


def test_tables_that_a_step_names_are_taken_from_what_it_needs() -> None:
    names = replace(KINDS["query"], needs=lambda spec: Needs(tables=("app.orders", "app.lines")))
    assert concerned_by(listed(query("ask")), _missing, {"query": names}).tables == ("app.orders", "app.lines")


def _missing(name: str) -> str:
    raise FileNotFoundError(name)
