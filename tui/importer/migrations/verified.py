"""A script that verifies, as a step that changes nothing: a question where it is one, else psql itself."""

from __future__ import annotations

from tui.importer.draft import Keys
from tui.importer.migrations.found import ScriptFile
from tui.importer.migrations.scripts import Scripts
from tui.sql.classify import is_transaction_control
from tui.sql.question import review_question
from tui.sql.script import read_script


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
    if len(asked) == 1 and asked[0].words[:1] in (("SELECT",), ("WITH",), ("VALUES",), ("TABLE",)):
        question = f"select count(verified) from (\n{asked[0].text}\n) as verified"
        if not review_question(question):
            return {"query": {"sql": question, "not_empty": True}}
    scripts.take(source.name)
    name = scripts.planned(source.name)
    run = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", name]
    return {"changes": False, "command": {"run": run, "files": [name]}}
