"""What a change lacks, by its code: English sentences of the catalogues, with places for the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.journal.codes import Shortcoming as S
from tui.said import N_

SHORTCOMINGS: Final[Mapping[str, str]] = {
    S.ARCHIVER_FAILS: N_("the archiver fails, last with {file}"),
    S.CLOCK_CHANGE: N_("the clocks of {zone} change inside it, by {seconds} s"),
    S.LEFT_TO_A_PERSON: N_("nothing could measure it when the run was opened, so that a person signs for it"),
    S.NEVER_REHEARSED: N_("none of {number} runs here has rehearsed this plan"),
    S.NOT_AS_SEALED: N_("not as they were sealed: {files}"),
    S.NOT_READABLE: N_("the role {role} may not read {tables}"),
    S.NOT_TO_ITS_END: N_("the rehearsal {run} of the same work is {status}, and did not make every change"),
    S.NOT_UNDONE: N_("no rehearsal of the same work took back: {steps}"),
    S.NO_CREATE: N_("{role} may make nothing in the schema {schema} (CREATE; {step}, line {line}: {what})"),
    S.NO_CREATE_DATABASE: N_("{role} may make no schema in this database (CREATE; {step}, line {line}: {what})"),
    S.NO_DURATION: N_("nobody knows how long these take: {steps}"),
    S.NO_PRIVILEGE: N_("{role} lacks {need} on {table} of {owner} ({step}, line {line}: {what})"),
    S.NO_ROLE: N_("there is no role {role}"),
    S.NO_SCHEMA: N_("there is no schema {schema} ({step}, line {line}: {what})"),
    S.NO_SOURCE: N_("nothing measures it now"),
    S.NO_TABLE: N_("these tables are not there: {tables}"),
    S.NO_UNDO: N_("nothing takes these steps back: {steps}"),
    S.NO_WAY_BACK_KNOWN: N_(
        "no rehearsal of this work has rolled back; rehearse a rollback before the run is opened, or give the "
        "rollback's sections an `estimate`"
    ),
    S.OTHER_FILES: N_("files that differ from the rehearsal {run}: {files}"),
    S.OTHER_STEPS: N_("steps that differ from the rehearsal {run}: {steps}"),
    S.REHEARSED_LONG_AGO: N_("the rehearsal {run} ended {hours} h ago"),
    S.ROW_SECURITY: N_("policies hide rows from {role}, so that pg_dump ends with an error: {tables}"),
    S.RUNS_UNREAD: N_("{number} runs could not be read, which may be rehearsals"),
    S.TABLES_UNTOLD: N_("nobody can tell beforehand what tables these steps change: {steps}"),
}
