"""The sentences of a review: what is wrong, and what works instead in the kind of step that runs the script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.said import N_, Said

_TEXTS: Final = {
    "nul_byte": N_("A NUL byte stands in this statement; psql would silently leave out the rest of its line."),
    "byte_order_mark": N_(
        "A byte order mark stands before this statement, where files were put together; the server would take "
        "it for a name. Remove it."
    ),
    "discard_all": N_("DISCARD ALL would drop the locks and settings of the executing session."),
    "reset_all": N_("RESET ALL would undo the settings of the executing session."),
    "advisory_unlock": N_("pg_advisory_unlock* could release the lock that protects this step."),
    "session_authorization": N_("The account of the executing session must not change; use `as:`."),
    "runner_setting": N_("{what} belongs to the runner: the evidence of the commit rests on it."),
    "copy_to_stdout": N_("COPY ... TO STDOUT needs a `psql` step."),
    "meta_command": N_("psql's meta-commands need a `psql` step: {what}"),
    "psql_variable": N_(
        "{what} is a variable of psql, and the server would take it for an error; use a `psql` step with "
        "`variables`, or write the value."
    ),
    "concurrently_if_not_exists": N_(
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid leftover; leave IF NOT EXISTS out."
    ),
    "overrules_setting": N_("The script sets {what} itself, which overrules what the step says."),
    "newer_setting": N_("{what} is known from PostgreSQL 17 on; an older server refuses it, and the step fails."),
    "changes_role": N_("The script changes its role itself; `as:` of the step does that, and shows it."),
    "ends_at_once": N_("This holds until the end of its own transaction, and nothing comes of it: {what}."),
    "open_transaction": N_("The transaction that begins here is never ended."),
    "prepared": N_(
        "What is prepared here is not committed when the step passes, and keeps its locks until somebody says "
        "COMMIT PREPARED."
    ),
    "transaction_control": N_("{what} would break up the one transaction of this step; use `transaction: script`."),
    "transaction_control_each": N_(
        "{what} has no place where each statement is a transaction; use `transaction: script`."
    ),
    "needs_no_transaction": N_(
        "This statement cannot run inside a transaction: {what}. Say `transaction: per_statement`; what "
        "belongs into one transaction goes into another step."
    ),
    "needs_no_transaction_here": N_(
        "This statement cannot run inside the transaction that the script has begun: {what}. Put it before "
        "BEGIN or after COMMIT."
    ),
    "isolation_too_late": N_("The isolation level can no longer be set here: the runner's own statement comes first."),
    "commits_inside": N_(
        "{what} ends a transaction by itself, which the server refuses inside another one (2D000); use "
        "`transaction: script` and no BEGIN around it."
    ),
    "may_commit_inside": N_(
        "{what} fails here if the procedure ends a transaction by itself (2D000); then `transaction: script` works."
    ),
    "enum_value_used": N_(
        "'{what}' was added to {type} in line {since} of the same transaction, and can only be used after its "
        "commit (55P04); add it in a step before, or use `transaction: per_statement`."
    ),
    "enum_value_fresh": N_(
        "'{what}' was added to {type} in line {since} of the same transaction; before PostgreSQL 17 it can "
        "only be used after its commit (55P04). List it in CREATE TYPE, or use `transaction: per_statement`."
    ),
    "runs_program": N_(
        "{what} runs a program on this host: no seal covers it, and no rollback takes back what it does; make "
        "it a `command` step."
    ),
    "new_session": N_(
        "{what} opens another session, without the role, the limits, the locks and the transaction of this "
        "step; make what follows a step of its own."
    ),
    "goes_on": N_("{what} lets psql go on after an error and end with success; take it out."),
    "escapes_stop": N_(
        "{what}: an error inside a pipeline escapes ON_ERROR_STOP, and psql ends with success; take it out."
    ),
    "autocommit_off": N_(
        "{what}: what no COMMIT follows is lost when psql ends, and it ends with success; take it out, or end "
        "the script with COMMIT."
    ),
    "reads_otherwise": N_("{what} makes psql read the script in another way than it was checked; take it out."),
    "hides_sqlstate": N_("{what} hides the SQLSTATE of an error from the step."),
    "asks_a_person": N_("{what} asks a person at a terminal, and there is none; give the value in `variables`."),
    "needs_a_terminal": N_("{what} needs a person at a terminal, and there is none; take it out."),
    "changes_directory": N_(
        "{what} would give the names of files behind it another meaning; write them relative to the plan."
    ),
    "repeats": N_("{what} repeats until somebody interrupts it; use a `batch` step, or a check."),
    "repeats_counted": N_("{what}: before version 16 psql knows no count, and repeats without end."),
    "setenv": N_("{what} changes nothing here: no program and no further session is started."),
    "unknown_command": N_("psql has no command {what}, and would stop here."),
    "bad_command": N_("psql would not understand {what}, and would stop here."),
    "empty_after_copy": N_(
        "psql 18 takes what follows this empty statement for more data of the COPY before it, and ends with "
        "success; take the `;` out."
    ),
    "copies_again": N_("{what} starts the COPY before it once more, which reads what follows as data; take it out."),
    "executes_again": N_("{what} executes the statement before it once more, which a `;` has ended already."),
    "unended_quote": N_("A quote in {what} is not closed; psql says so, leaves that argument out and goes on."),
    "unknown_name": N_(
        "Which file {what} means is only known at run time; write its name, or give the variable in `variables`."
    ),
    "unset_variable": N_("{what} is not set, and psql would leave it as it stands; give it in the step's `variables`."),
    "copy_variable": N_("psql puts no variables into \\copy: {what} would be the name of a file; write the name."),
    "looked_for_in_plan": N_(
        "psql looks for it from the plan's directory; \\ir looks beside the file that includes it."
    ),
    "variable_name": N_("{what} is no name of a psql variable: letters, digits and underscores."),
    "includes_itself": N_("{what} includes a file that is being read already, without end."),
    "too_many_files": N_("Up to {what} more files are included than are looked at; make the script simpler."),
    "no_input": N_("{what} reads standard input, where nothing is; name a file of the plan."),
    "writes_into_plan": N_(
        "{what} would write into the frozen plan; leave it out, because what a step prints is kept, or give an "
        "absolute path."
    ),
    "writes_outside": N_("{what} writes a file on this host, which no rollback takes back."),
    "encoding": N_("After {what} psql would send this script, which is UTF-8, as something else; take it out."),
    "unread": N_(
        "What {what} executes is only known at run time; a COMMIT among it would end the one transaction of this step."
    ),
    "conditional": N_("Whether {what} holds is only known at run time; each branch is checked as if it did."),
    "if_not_boolean": N_(
        "{what} is no condition to psql, which says so, passes the branch over and ends with success."
    ),
    "if_unbalanced": N_("{what} has no counterpart; psql would stop."),
    "quits": N_("psql ends this file with success here, and what follows is not executed."),
    "from_environment": N_("{what} takes a value from the engine's environment, which no seal covers."),
    "restricted": N_("After \\restrict psql refuses {what} until \\unrestrict."),
    "both_parts": N_(
        "psql would execute this down part right after the up part; use a `sql` step, which takes one of them."
    ),
    "question_empty": N_("There is no statement to ask with."),
    "copy_in_question": N_(
        "{what} gives no rows to compare, but data to a client that nobody reads; ask with SELECT, or copy in "
        "a `psql` step."
    ),
    "ends_question": N_("{what} would end the read-only transaction in which a question is asked; take it out."),
    "writing_question": N_("{what} would let a question write; take it out, and change things in a `sql` step."),
}
PSQL: Final = {
    "transaction_control": N_(
        "{what} would break up the one transaction of this step; take it out, or say `single_transaction: false`."
    ),
    "needs_no_transaction": N_(
        "This statement cannot run inside a transaction: {what}. Put it into a `sql` step of its own with "
        "`transaction: per_statement`, or say `single_transaction: false`."
    ),
    "commits_inside": N_(
        "{what} ends a transaction by itself, which the server refuses inside another one (2D000); say "
        "`single_transaction: false` and put no BEGIN around it."
    ),
    "may_commit_inside": N_(
        "{what} fails here if the procedure ends a transaction by itself (2D000); then `single_transaction: "
        "false` works."
    ),
    "enum_value_used": N_(
        "'{what}' was added to {type} in line {since} of the same transaction, and can only be used after its "
        "commit (55P04); add it in a step before, or say `single_transaction: false`."
    ),
    "enum_value_fresh": N_(
        "'{what}' was added to {type} in line {since} of the same transaction; before PostgreSQL 17 it can "
        "only be used after its commit (55P04). List it in CREATE TYPE, or say `single_transaction: false`."
    ),
}
"""What is said otherwise of a script that psql executes."""
QUESTION: Final = {
    "meta_command": N_("A question goes to the server itself, which knows no command of psql: {what}"),
    "psql_variable": N_("{what} is a variable of psql, and the server would take it for an error; write the value."),
}
"""What is said otherwise of a question."""
"""By the code of a review; `code:runner` is said instead by that kind of step, because what works instead differs."""


def objection(code: str, what: str = "", own: Mapping[str, str] = _TEXTS, **facts: str) -> Said:
    """One or two sentences; `what` is a piece of the script. `own`: those of who executes it, where they differ."""
    return Said(own.get(code) or _TEXTS[code], what=short(what), **facts)


def short(text: str, limit: int = 60) -> str:
    """A piece of a script in one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
