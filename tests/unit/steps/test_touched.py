"""What the steps of a plan are about: their scripts, their proofs, their undos, and what psql includes."""

from __future__ import annotations

from tests.unit.run.runs import listed, query, sign
from tui.plan.model import Action, Proof, Step
from tui.sql.touched import LONGEST
from tui.steps.registry import KINDS
from tui.steps.touched import touched_by

FILES = {
    "a.sql": "update orders set a = 1;\n\\ir sub/b.sql\n", "sub/b.sql": "update lines set a = 1;\n\\i c.sql\n",
    "c.sql": "update parts set a = 1;\n", "loop.sql": "\\i loop.sql\n", "open.sql": "\\i :name\n",
    "long.sql": "select 1;" + " " * LONGEST, "gexec.sql": "select 1 \\gexec\n",
}  # fmt: skip


def step(id: str, kind: str, **spec: object) -> Step:
    return Step(id=id, title=id, kind=kind, spec=spec)


def test_what_each_is_about() -> None:
    made = [
        step("led", "psql", file="a.sql"), step("loop", "psql", file="loop.sql"), step("open", "psql", file="open.sql"),
        step("long", "sql", file="long.sql"), step("gone", "sql", file="gone.sql"),
        step("ge", "psql", file="gexec.sql"),
        step("dump", "backup", directory="/b"), sign("go"), query("ask"),
        step("rows", "batch", sql="update orders set a = 1", total="select count(*) from others"),
        Step(
            id="proved", title="p", kind="sql", spec={"text": "select 1"}, prove=Proof(query="select 1 from proofs"),
            undo=Action(kind="sql", spec={"text": "drop index i"}),
        ),
    ]  # fmt: skip
    found = touched_by(listed(*made), _read, KINDS)
    assert {"orders", "lines", "parts"} <= set(found["led"].names) and not found["led"].whole
    assert {id for id, about in found.items() if about.whole} == {"loop", "open", "long", "gone", "ge", "dump"}
    assert "go" not in found and "ask" not in found
    assert {"orders", "others"} <= set(found["rows"].names)
    assert "proofs" in found["proved"].names and "i" in found["undo.proved"].names


def _read(name: str) -> str:
    if name not in FILES:
        raise FileNotFoundError(name)
    return FILES[name]
