"""Whatever Markdown comes: no traceback, every line accounted for, nothing of it lost, and a plan that loads."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.importer.conftest import ImportDesk, say
from tui.importer.imported import ImportFailed
from tui.importer.markdown.checklist import ReadChecklist, read_checklist
from tui.importer.markdown.inline import fold
from tui.importer.write import write

PIECES = [
    "# Title one", "## Phase 2: Backup (5-10 min)", "### Rollback", "## Team", "## Success metrics", "## 3. Timeline",
    "## Overview",
    "### Option A", "### Option B", "## Rollback triggers", "## Maintenance window", "# 4", "## ⏱️ Schritt 1", "##",
    "Setext\n======",
    "- [ ] Stop the application (DBA) ~15 min", "- [x] Done already", "* [ ] ~~Struck out~~", "  - [ ] nested box",
    "    - nested detail ____",
    "1. Numbered: `pg_dump -Fc app`", "2) Other number", "   a. letters", "- Error rate > 5%", "- CPU < 70%",
    "- Backup: T+10", "☐ Sign of a box",
    "• Bullet of a word processor", "• [ ] Both", "```sql", "```", "~~~bash", "select 1;", "# 1. first comment",
    "# 2. second comment",
    "| Step | Owner | Duration |", "|---|---|---|", "| Freeze | Ana | 5 min |", "| a | b", "> quoted words",
    "> - [ ] quoted box",
    "**Bold heading**", "**Owner:** Ana", "**Timeline:** 30-60 min", "Expected: nothing", "T-30: announce",
    "<details><summary>Folded</summary>",
    "</details>", "<table><tr><td>cell</td></tr></table>", "<ul><li>html item</li></ul>", "<!-- hidden words -->",
    "<!-- open", "-->", "---", "***",
    "    indented code", "\tTabbed", "h2. Wiki heading", "{code:sql}", "{code}", "||head||other||",
    "[link]: http://example.com", "password: hunter2secret",
    "postgres://app:hunter2secret@db/app", "\u00a0\u00a0nbsp", "\u202eturned", "a\x07b", "key: value", "  ",
    "[HH:MM]", "- ", "-", "1.", "[ ]", "- [ ]", "\\[ \\] escaped",
    "22:00 Begin", "- 23:30 – End of it", "DBA: Ana Prado, +55 11 5550-0101", "Fim", "- **T-30** freeze",
    "- [5 min] Timed box", "- [-] Left out", "* [~] Halfway", "- [ ] [10 min] both", "Step 1: numbered words",
    "Step 2: further", "Schritt 3: weiter", "Passo 4: adiante",
    "| Step | Action | Rollback |\n|---|---|---|\n| 1 | Create | Remove it |",
    "| Metric | Target | Alert |\n|---|---|---|\n| CPU | < 70% | > 2.000 |", "| Passwort | hunter2secret |",
    "## Test the rollback", "## Undo log cleanup", "## Plan de reversa", "## Kriterien für den Abbruch",
    "## Success criteria", "- CPU must not exceed 70%", "- Tempo de resposta não deve passar de 2.000 ms",
    "- La memoria no supera el 80 %",
    "- Antwortzeit darf nicht über 1,5 s steigen", "- deadlocks > 0 for 5 minutes", "- p95 > 1 s and CPU > 90%",
    "- Slack: #ops", "- [ ] tell @here, psql postgres://app@db/x", "Password for app: hunter2secret", "CPU ≯ 7² % – ½",
    "&nbsp;&lt;b&gt;", "![image](x.png)", "- item\n  ```sql\n  drop table x;\n  ```",
]  # fmt: skip
LINES = st.one_of(
    st.sampled_from(PIECES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text("-*#>|` [x]~1.\t_", max_size=12),
)
DOCUMENTS = st.tuples(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\n\n"])).map(
    lambda drawn: drawn[1].join(drawn[0])
)


def read(text: str) -> ReadChecklist | None:
    try:
        return read_checklist(text.encode(), "list.md", language=None, otherwise="en", say=say)
    except ImportFailed as failed:
        assert str(failed)
        return None


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(text=DOCUMENTS)
@example("# Title one\n\x1f")
def test_random_markdown(desk: ImportDesk, text: str) -> None:
    done = read(text)
    if done is None:
        return
    plan = write(done.draft)
    loaded = desk.load(plan)
    assert loaded.plan is not None, ([str(problem) for problem in loaded.errors], plan)
    for number, line in enumerate(done.reading.source.raw, 1):
        assert not line.strip() or number in done.reading.fates.of, (number, line)
    missing = lost(done, plan)
    assert not missing, (missing, text, plan)


def lost(done: ReadChecklist, plan: str) -> list[tuple[int, str]]:
    """Words of a checklist that stand nowhere in its plan, with their lines; numbers before titles are no words."""
    known = set(re.findall(r"\w{3,}", fold(re.sub(r"\\u[0-9a-f]{4}|\\n", " ", plan))))
    joined = fold(plan)
    hidden = {"hunter", "secret"}
    return [
        (number, word)
        for number, line in enumerate(done.reading.source.raw, 1)
        if number not in done.reading.source.marks and done.reading.fates.of.get(number) != "mark"
        for word in re.findall(
            r"[^\W\d_]{3,}", fold(re.sub(r"<[^<>]*>|&\w+;|\\|:[a-z_]+:|```\S*|~~~\S*|https?://\S+", " ", line))
        )
        if word not in known and word not in joined and word not in hidden and word not in SKIPPED
    ]


SKIPPED = {
    # What a box says without it.
    "todo",
    "phase",
    "fase",
    "step",
    "schritt",
    "paso",
    "passo",
    "etapa",
    "part",
    "parte",
    "teil",
    "task",
    "tarefa",
    "tarea",
    "aufgabe",
    "bloco",
    "bloque",
    "stage",
    "owner",
}
