"""A script that verifies, as a step that changes nothing: a question where it is one, else psql itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.importer.draft import Keys
from tui.importer.migrations.found import ScriptFile
from tui.importer.migrations.scripts import Included, Scripts
from tui.sql.classify import is_transaction_control
from tui.sql.psql import read_psql
from tui.sql.question import review_question
from tui.sql.review import HARMLESS_META
from tui.sql.script import Statement, read_script
from tui.sql.units import Unit, units

_ASKING: Final = (("SELECT",), ("WITH",), ("VALUES",), ("TABLE",))


def verified(scripts: Scripts, source: ScriptFile) -> Keys | None:
    """The step's kind; None for a script with nothing in it.

    Such a script holds where none of its statements is an error, whatever the rows are. So the question is asked for
    all values of all its rows, and any answer will do.
    """
    text = scripts.text(source.name)
    if text is None:
        return None
    statements = read_script(text).statements
    asked = [one for one in statements if not is_transaction_control(one)]
    if not asked:
        return None
    if len(asked) == 1 and asked[0].words[:1] in _ASKING:
        question = f"select count(verified) from (\n{asked[0].text}\n) as verified"
        if not review_question(question):
            return {"query": {"sql": question, "not_empty": True}}
    files = Included(scripts)
    name = scripts.planned(source.name)
    read_psql(name, files, source.variables, single=False)
    names = list(dict.fromkeys([source.name, *files.seen]))
    for included in names:
        scripts.take(included)
    run = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    for variable, value in source.variables.items():
        run += ["-v", f"{variable}={value}"]
    # What it does without taking it back, nobody has promised to be nothing; of what only asks the server sees to it.
    plain = len(names) == 1 and all(_says(one.meta) for one in statements if one.meta is not None)
    sent = units(_sent(statements), "script")
    harmless = plain and all(unit.leaves_nothing for unit in sent)
    if plain and not harmless and all(_asks(unit) for unit in sent):
        harmless = True
        run += ["-c", "set default_transaction_read_only = on"]
    run += ["-f", name]
    command = {"run": run, "files": [scripts.planned(included) for included in names]}
    return {"changes": False if harmless else None, "command": command}


def _sent(statements: Sequence[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.kind != "meta"]


def _says(command: str) -> bool:
    """Whether one of psql's commands does nothing but say or set something; backquotes are programs of the shell."""
    return command.split()[0] in (*HARMLESS_META, "\\set", "\\echo") and "`" not in command


def _asks(unit: Unit) -> bool:
    return all(statement.words[:1] in _ASKING and not review_question(statement.text) for statement in unit.inner)
