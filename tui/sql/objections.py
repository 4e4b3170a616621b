"""The sentences of a review: what is wrong, and what works instead in the kind of step that runs the script."""

from __future__ import annotations

from tui.locale import _


class Words:
    """Puts the codes of a review into words; `runner` is the kind of step: what works instead differs."""

    def __init__(self, runner: str) -> None:
        self._runner = runner

    def of(self, code: str, what: str = "", **facts: str) -> str:
        """One or two sentences in the language in force; `what` is a piece of the script."""
        text = self._texts().get(f"{code}:{self._runner}") or self._texts()[code]
        return text.format(what=short(what), **facts)

    def _texts(self) -> dict[str, str]:
        return {
            "nul_byte": _("A NUL byte stands in this statement; psql would silently leave out the rest of its line."),
            "byte_order_mark": _(
                "A byte order mark stands before this statement, where files were put together; the server would take "
                "it for a name. Remove it."
            ),
            "discard_all": _("DISCARD ALL would drop the locks and settings of the executing session."),
            "reset_all": _("RESET ALL would undo the settings of the executing session."),
            "advisory_unlock": _("pg_advisory_unlock* could release the lock that protects this step."),
            "session_authorization": _("The account of the executing session must not change; use `as:`."),
            "runner_setting": _("{what} belongs to the runner: the evidence of the commit rests on it."),
            "copy_to_stdout": _("COPY ... TO STDOUT needs a `psql` step."),
            "meta_command": _("psql's meta-commands need a `psql` step: {what}"),
            "psql_variable": _(
                "{what} is a variable of psql, and the server would take it for an error; use a `psql` step with "
                "`variables`, or write the value."
            ),
            "concurrently_if_not_exists": _(
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid leftover; leave IF NOT EXISTS "
                "out."
            ),
            "overrules_setting": _("The script sets {what} itself, which overrules what the step says."),
            "newer_setting": _(
                "{what} is known from PostgreSQL 17 on; an older server refuses it, and the step fails."
            ),
            "changes_role": _("The script changes its role itself; `as:` of the step does that, and shows it."),
            "ends_at_once": _("This holds until the end of its own transaction, and nothing comes of it: {what}."),
            "open_transaction": _("The transaction that begins here is never ended."),
            "prepared": _(
                "What is prepared here is not committed when the step passes, and keeps its locks until somebody says "
                "COMMIT PREPARED."
            ),
            "transaction_control": _(
                "{what} would break up the one transaction of this step; use `transaction: script`."
            ),
            "transaction_control:psql": _(
                "{what} would break up the one transaction of this step; take it out, or say "
                "`single_transaction: false`."
            ),
            "transaction_control:batch": _("{what} would break up the transaction of a batch; take it out."),
            "transaction_control_each": _(
                "{what} has no place where each statement is a transaction; use `transaction: script`."
            ),
            "needs_no_transaction": _(
                "This statement cannot run inside a transaction: {what}. Say `transaction: per_statement`; what "
                "belongs into one transaction goes into another step."
            ),
            "needs_no_transaction:psql": _(
                "This statement cannot run inside a transaction: {what}. Put it into a `sql` step of its own with "
                "`transaction: per_statement`, or say `single_transaction: false`."
            ),
            "needs_no_transaction_here": _(
                "This statement cannot run inside the transaction that the script has begun: {what}. Put it before "
                "BEGIN or after COMMIT."
            ),
            "needs_no_transaction:batch": _(
                "This statement cannot run inside a transaction, and a batch is one: {what}. Put it into a `sql` step "
                "with `transaction: per_statement`."
            ),
            "isolation_too_late": _(
                "The isolation level can no longer be set here: the runner's own statement comes first."
            ),
            "commits_inside": _(
                "{what} ends a transaction by itself, which the server refuses inside another one (2D000); use "
                "`transaction: script` and no BEGIN around it."
            ),
            "commits_inside:psql": _(
                "{what} ends a transaction by itself, which the server refuses inside another one (2D000); say "
                "`single_transaction: false` and put no BEGIN around it."
            ),
            "commits_inside:batch": _(
                "{what} ends a transaction by itself, which the server refuses inside another one (2D000), and a batch "
                "is one; make it a `sql` step with `transaction: script`."
            ),
            "may_commit_inside": _(
                "{what} fails here if the procedure ends a transaction by itself (2D000); then `transaction: script` "
                "works."
            ),
            "may_commit_inside:psql": _(
                "{what} fails here if the procedure ends a transaction by itself (2D000); then `single_transaction: "
                "false` works."
            ),
            "may_commit_inside:batch": _(
                "{what} fails here if the procedure ends a transaction by itself (2D000); then a `sql` step with "
                "`transaction: script` works."
            ),
            "enum_value_used": _(
                "'{what}' was added to {type} in line {since} of the same transaction, and can only be used after its "
                "commit (55P04); add it in a step before, or use `transaction: per_statement`."
            ),
            "enum_value_used:psql": _(
                "'{what}' was added to {type} in line {since} of the same transaction, and can only be used after its "
                "commit (55P04); add it in a step before, or say `single_transaction: false`."
            ),
            "enum_value_fresh": _(
                "'{what}' was added to {type} in line {since} of the same transaction; before PostgreSQL 17 it can "
                "only be used after its commit (55P04). List it in CREATE TYPE, or use `transaction: per_statement`."
            ),
            "enum_value_fresh:psql": _(
                "'{what}' was added to {type} in line {since} of the same transaction; before PostgreSQL 17 it can "
                "only be used after its commit (55P04). List it in CREATE TYPE, or say `single_transaction: false`."
            ),
            "runs_program": _(
                "{what} runs a program on this host: no seal covers it, and no rollback takes back what it does; make "
                "it a `command` step."
            ),
            "new_session": _(
                "{what} opens another session, without the role, the limits, the locks and the transaction of this "
                "step; make what follows a step of its own."
            ),
            "goes_on": _("{what} lets psql go on after an error and end with success; take it out."),
            "escapes_stop": _(
                "{what}: an error inside a pipeline escapes ON_ERROR_STOP, and psql ends with success; take it out."
            ),
            "autocommit_off": _(
                "{what}: what no COMMIT follows is lost when psql ends, and it ends with success; take it out, or end "
                "the script with COMMIT."
            ),
            "reads_otherwise": _("{what} makes psql read the script in another way than it was checked; take it out."),
            "hides_sqlstate": _("{what} hides the SQLSTATE of an error from the step."),
            "asks_a_person": _("{what} asks a person at a terminal, and there is none; give the value in `variables`."),
            "needs_a_terminal": _("{what} needs a person at a terminal, and there is none; take it out."),
            "changes_directory": _(
                "{what} would give the names of files behind it another meaning; write them relative to the plan."
            ),
            "repeats": _("{what} repeats until somebody interrupts it; use a `batch` step, or a check."),
            "repeats_counted": _("{what}: before version 16 psql knows no count, and repeats without end."),
            "setenv": _("{what} changes nothing here: no program and no further session is started."),
            "unknown_command": _("psql has no command {what}, and would stop here."),
            "bad_command": _("psql would not understand {what}, and would stop here."),
            "empty_after_copy": _(
                "psql 18 takes what follows this empty statement for more data of the COPY before it, and ends with "
                "success; take the `;` out."
            ),
            "copies_again": _(
                "{what} starts the COPY before it once more, which reads what follows as data; take it out."
            ),
            "executes_again": _("{what} executes the statement before it once more, which a `;` has ended already."),
            "unended_quote": _("A quote in {what} is not closed; psql says so, leaves that argument out and goes on."),
            "unknown_name": _(
                "Which file {what} means is only known at run time; write its name, or give the variable in "
                "`variables`."
            ),
            "unset_variable": _(
                "{what} is not set, and psql would leave it as it stands; give it in the step's `variables`."
            ),
            "copy_variable": _(
                "psql puts no variables into \\copy: {what} would be the name of a file; write the name."
            ),
            "looked_for_in_plan": _(
                "psql looks for it from the plan's directory; \\ir looks beside the file that includes it."
            ),
            "variable_name": _("{what} is no name of a psql variable: letters, digits and underscores."),
            "includes_itself": _("{what} includes a file that is being read already, without end."),
            "too_many_files": _("Up to {what} more files are included than are looked at; make the script simpler."),
            "no_input": _("{what} reads standard input, where nothing is; name a file of the plan."),
            "writes_into_plan": _(
                "{what} would write into the frozen plan; leave it out, because what a step prints is kept, or give an "
                "absolute path."
            ),
            "writes_outside": _("{what} writes a file on this host, which no rollback takes back."),
            "encoding": _("After {what} psql would send this script, which is UTF-8, as something else; take it out."),
            "unread": _(
                "What {what} executes is only known at run time; a COMMIT among it would end the one transaction of "
                "this step."
            ),
            "conditional": _("Whether {what} holds is only known at run time; each branch is checked as if it did."),
            "if_not_boolean": _(
                "{what} is no condition to psql, which says so, passes the branch over and ends with success."
            ),
            "if_unbalanced": _("{what} has no counterpart; psql would stop."),
            "quits": _("psql ends this file with success here, and what follows is not executed."),
            "from_environment": _("{what} takes a value from the engine's environment, which no seal covers."),
            "restricted": _("After \\restrict psql refuses {what} until \\unrestrict."),
            "both_parts": _(
                "psql would execute this down part right after the up part; use a `sql` step, which takes one of them."
            ),
            "meta_command:query": _("A question goes to the server itself, which knows no command of psql: {what}"),
            "psql_variable:query": _(
                "{what} is a variable of psql, and the server would take it for an error; write the value."
            ),
            "question_empty": _("There is no statement to ask with."),
            "copy_in_question": _(
                "{what} gives no rows to compare, but data to a client that nobody reads; ask with SELECT, or copy in "
                "a `psql` step."
            ),
            "ends_question": _("{what} would end the read-only transaction in which a question is asked; take it out."),
            "writing_question": _("{what} would let a question write; take it out, and change things in a `sql` step."),
        }


def short(text: str, limit: int = 60) -> str:
    """A piece of a script in one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
