"""The execution plan's lines, and what carries each of them out: `python -m tests.lines` writes `plans/README.md` anew.

`tests/documents` has the document and `lines.tsv`, the one table: section, line, the line in English, where in the
shipped plans it stands, whether it is sensed or signed, what carries it out, the test that proves it, what is to come.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "tests" / "documents" / "plano-de-execucao-em-producao.md"
TABLE = ROOT / "tests" / "documents" / "lines.tsv"
FILE = ROOT / "plans" / "README.md"
_COLUMNS: Final = 8
_ITEM = re.compile(r"(?:- \[ \] |- |\d+\. )(.*)")
INTRODUCTION = """# The shipped plans

Made from `tests/documents/lines.tsv` by `python -m tests.lines`.

- `producao.yaml` is the execution plan that teams keep as a checklist, line by line, in Portuguese; `production.yaml`
  is the same in English. Edit targets, team, dependencies and the names of the scripts, and run it. Its scripts, in
  `scripts/`, fit the demo's sample database (`tui/demo/sample.sql`), so that it can be tried as it is.
- `demo/` has the plans of `virada demo`.

`virada check plans/producao.yaml` warns of each placeholder such as `[Nome e contato]`; on a production target it is an
error. *Sensed*: the system itself proves it. *Signed*: a person attests it, with a note.
"""


class PlanLine(Struct, frozen=True):
    """A line of the document. `where`: what in the plan carries it out, such as `step backup` or `trigger 1`; `test`:
    `tests/....py::name`."""

    section: str
    portuguese: str
    english: str
    where: str
    how: str
    by: str
    test: str
    later: str


def lines() -> list[PlanLine]:
    """The table's rows."""
    rows = [row.split("\t") for row in TABLE.read_text("utf-8").splitlines()]
    assert all(len(row) == _COLUMNS for row in rows), [row for row in rows if len(row) != _COLUMNS]
    return [PlanLine(*row) for row in rows]


def document() -> list[tuple[str, str]]:
    """The document's lines, each with its section."""
    found: list[tuple[str, str]] = []
    section = ""
    for text in DOCUMENT.read_text("utf-8").splitlines():
        if heading := re.match(r"### ([\d.]+) ", text):
            section = heading[1]
        elif item := _ITEM.match(text):
            found.append((section, item[1].strip()))
    return found


def page() -> str:
    """The whole of `plans/README.md`."""
    rows = [
        f"| {n} | {line.section} | {line.portuguese}<br>*{line.english}* | `{line.where}` | {line.how} | {line.by} | "
        f"`{line.test.removeprefix('tests/')}` | {line.later} |"
        for n, line in enumerate(lines(), 1)
    ]
    head = (
        "| | | the document's line | in the plan | how | what carries it out | proved by (`tests/`) | to come |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    return "\n".join((INTRODUCTION, head, *rows)) + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
    print(FILE)
