"""Each checklist gives what it gave when somebody looked at it, and a plan that loads; what it must give is said."""

from __future__ import annotations

import re
import time
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checklists import CHECKLISTS, ROOT, Row, every, read, row
from tests.unit.importer.conftest import say
from tests.unit.importer.test_random import lost
from tui.importer.draft import DraftPhase, DraftStep
from tui.importer.markdown.abort import reasons
from tui.importer.markdown.checklist import ReadChecklist, read_checklist
from tui.importer.markdown.items import window_labels
from tui.importer.markdown.window import WindowFacts
from tui.importer.write import write

# As `python -m tests.checklists` prints them.
EXPECTED: dict[str, tuple[Any, ...]] = {
    "plano-de-execucao-em-producao": (127, 33, 66, 28, 0, 6, 15, 60, 6, 6, 5, 4, 5, 4, 0, "? 45m", 3, 0),
    "de-ablauf": (15, 4, 6, 4, 1, 1, 1, 3, 4, 1, 3, 2, 1, 2, 1, "2031-12-13T22:00 90m", 2, 0),
    "de-checkliste-bulletpoints": (16, 5, 9, 2, 0, 3, 3, 8, 1, 2, 0, 0, 0, 0, 0, "", 0, 0),
    "de-doc-export": (16, 1, 5, 8, 2, 1, 1, 3, 2, 0, 0, 1, 0, 0, 0, "2031-12-13T20:00 120m", 1, 0),
    "de-drehbuch": (15, 1, 5, 5, 4, 1, 1, 5, 0, 1, 5, 2, 0, 0, 1, "2031-12-13T20:00 360m", 1, 0),
    "de-produktivsetzung": (21, 6, 8, 5, 2, 3, 3, 6, 2, 2, 0, 0, 3, 0, 1, "2031-12-24T06:00 120m", 1, 0),
    "de-rollen-umbau": (19, 4, 10, 3, 2, 3, 3, 8, 2, 2, 0, 2, 0, 0, 1, "", 0, 0),
    "de-tabelle-zeitplan": (21, 4, 8, 5, 4, 1, 1, 5, 3, 5, 5, 3, 0, 0, 0, "2031-08-15T19:30 120m", 0, 0),
    "de-wann-und-abbruch": (30, 5, 10, 14, 1, 2, 2, 8, 2, 4, 0, 3, 1, 2, 6, "2031-12-13T22:00 90m", 2, 0),
    "de-wann-wer": (23, 6, 7, 7, 3, 2, 2, 6, 1, 0, 3, 2, 3, 2, 2, "2031-12-10T06:00 90m", 1, 0),
    "de-wartung-alternativen": (27, 9, 11, 5, 2, 3, 5, 10, 2, 3, 1, 2, 2, 3, 1, "2031-06-07T21:00 120m", 2, 0),
    "en-bash-comments": (25, 3, 7, 14, 1, 2, 2, 6, 1, 1, 0, 0, 0, 0, 5, "", 0, 0),
    "en-bold-labels": (21, 5, 10, 1, 5, 3, 3, 8, 2, 0, 6, 1, 0, 0, 0, "2031-03-02T06:00 45m", 1, 0),
    "en-change-ticket": (17, 3, 7, 0, 7, 2, 2, 6, 1, 2, 0, 2, 0, 0, 2, "2031-12-13T22:00 60m", 0, 0),
    "en-github-issue": (18, 2, 6, 8, 2, 1, 1, 6, 2, 1, 0, 1, 1, 1, 1, "2031-12-06T22:00 90m", 1, 0),
    "en-html-runbook": (17, 4, 6, 7, 0, 2, 2, 5, 2, 3, 0, 2, 1, 2, 1, "2031-05-03T01:00 150m", 1, 0),
    "en-issue-template": (32, 6, 12, 6, 8, 3, 4, 11, 1, 0, 0, 1, 0, 0, 3, "", 0, 0),
    "en-mail": (12, 1, 5, 1, 5, 1, 1, 3, 2, 1, 0, 0, 1, 1, 0, "2031-12-12T23:00 90m", 0, 0),
    "en-milestones-and-steps": (29, 8, 10, 11, 0, 4, 4, 8, 2, 1, 4, 0, 0, 0, 2, "2031-11-08T20:00 90m", 1, 0),
    "en-nested-and-mixed": (25, 8, 11, 5, 1, 2, 2, 10, 1, 1, 0, 0, 0, 0, 0, "", 0, 0),
    "en-never-closed": (14, 4, 4, 6, 0, 2, 2, 3, 1, 0, 0, 0, 0, 0, 2, "", 1, 0),
    "en-notes-export": (19, 2, 7, 7, 3, 1, 1, 6, 1, 1, 1, 2, 1, 2, 2, "", 1, 0),
    "en-orders-region": (58, 13, 15, 23, 7, 2, 4, 12, 3, 2, 3, 4, 4, 4, 4, "2031-12-06T22:00 90m", 3, 0),
    "en-paragraph-steps": (19, 2, 4, 12, 1, 1, 1, 3, 1, 0, 0, 0, 0, 0, 4, "", 0, 0),
    "en-plain-labels": (19, 7, 7, 4, 1, 3, 3, 5, 2, 0, 0, 2, 2, 0, 3, "", 0, 0),
    "en-release-night": (25, 8, 8, 5, 4, 1, 1, 5, 3, 1, 5, 2, 1, 2, 2, "2031-12-13T22:00 90m", 1, 0),
    "en-runbook-with-tables": (42, 10, 14, 16, 2, 4, 5, 14, 2, 4, 1, 4, 1, 3, 5, "2031-06-01T02:00 120m", 4, 0),
    "en-shortcodes": (18, 5, 8, 4, 1, 3, 3, 7, 1, 1, 0, 0, 1, 2, 2, "", 1, 0),
    "en-sop-prose": (17, 6, 5, 4, 2, 1, 1, 5, 1, 0, 0, 1, 0, 0, 1, "? 60m", 1, 0),
    "en-states": (25, 4, 16, 5, 0, 4, 4, 16, 0, 8, 0, 2, 0, 0, 0, "", 0, 0),
    "en-t-plus": (19, 5, 11, 2, 1, 3, 3, 9, 2, 0, 5, 0, 0, 0, 0, "2031-12-06T02:00 120m", 1, 0),
    "en-table-of-steps": (23, 5, 9, 9, 0, 2, 2, 7, 2, 5, 0, 2, 2, 3, 5, "", 1, 0),
    "en-upgrade-roles": (38, 6, 14, 8, 10, 2, 2, 11, 3, 0, 6, 3, 0, 0, 3, "2031-12-13T22:00 90m", 0, 0),
    "en-wiki-cells": (20, 2, 5, 12, 1, 2, 2, 5, 0, 0, 4, 2, 1, 2, 5, "2031-12-13T22:00 120m", 1, 0),
    "en-wiki-markup": (24, 5, 7, 7, 5, 2, 2, 5, 2, 0, 0, 2, 0, 0, 1, "", 0, 0),
    "es-cambio-de-servidor": (29, 4, 6, 17, 2, 2, 2, 6, 0, 1, 0, 3, 0, 0, 3, "2031-05-10T03:00 120m", 1, 0),
    "es-issue": (15, 2, 6, 6, 1, 1, 1, 6, 1, 0, 0, 0, 1, 1, 4, "2031-12-06T22:00 30m", 1, 0),
    "es-lista-numerada-larga": (25, 5, 8, 12, 0, 1, 1, 5, 2, 1, 0, 0, 3, 0, 1, "2031-02-14T01:00 180m", 0, 0),
    "es-migracion": (19, 8, 9, 2, 0, 3, 3, 7, 2, 1, 4, 1, 1, 2, 2, "", 1, 0),
    "es-numeros-y-preguntas": (20, 5, 9, 3, 3, 3, 3, 7, 2, 0, 0, 0, 0, 0, 3, "2031-12-14T02:00 120m", 0, 0),
    "es-sin-titulo": (14, 4, 9, 1, 0, 3, 3, 7, 2, 1, 0, 2, 0, 0, 3, "", 0, 0),
    "es-tabla-con-fases": (18, 3, 8, 7, 0, 1, 1, 6, 2, 6, 5, 4, 2, 3, 0, "", 1, 0),
    "es-ventana": (21, 5, 7, 9, 0, 1, 1, 4, 5, 0, 4, 2, 1, 2, 1, "2031-12-14T02:00 90m", 2, 0),
    "pt-caixas-em-codigo": (13, 5, 7, 0, 1, 3, 3, 5, 2, 1, 0, 0, 0, 0, 0, "", 0, 0),
    "pt-crlf-limpeza": (19, 6, 8, 5, 0, 3, 3, 6, 2, 1, 0, 1, 0, 0, 1, "2031-07-19T02:00 120m", 0, 0),
    "pt-cronograma-simples": (15, 4, 8, 3, 0, 1, 1, 6, 2, 0, 6, 3, 0, 0, 0, "", 0, 0),
    "pt-definicoes": (21, 5, 10, 0, 6, 3, 3, 9, 1, 1, 0, 0, 0, 0, 1, "2031-12-06T01:00 120m", 1, 0),
    "pt-dono-por-secao": (24, 6, 10, 8, 0, 3, 3, 8, 2, 1, 0, 3, 0, 0, 0, "", 0, 0),
    "pt-emoji": (18, 5, 10, 1, 2, 3, 3, 8, 2, 2, 0, 2, 2, 2, 0, "2031-12-13T22:00 90m", 0, 0),
    "pt-folha-em-branco": (16, 6, 9, 0, 1, 3, 3, 7, 2, 0, 0, 0, 0, 0, 0, "", 2, 0),
    "pt-folha-impressa": (17, 3, 9, 2, 3, 3, 3, 7, 2, 4, 0, 3, 0, 1, 0, "2031-12-13T22:00 240m", 1, 0),
    "pt-gmud-tabela": (18, 4, 5, 2, 7, 1, 1, 3, 2, 1, 0, 1, 2, 0, 1, "2031-12-13T23:00 120m", 1, 0),
    "pt-janela-em-prosa": (22, 6, 7, 9, 0, 1, 1, 4, 3, 1, 3, 3, 2, 3, 2, "2031-12-13T22:00 90m", 1, 0),
    "pt-particao-eventos": (51, 9, 14, 25, 3, 3, 4, 11, 3, 1, 2, 2, 4, 3, 3, "2031-09-13T23:00 150m", 2, 0),
    "pt-word-processor": (18, 4, 10, 2, 2, 3, 3, 8, 2, 1, 0, 1, 0, 0, 0, "", 2, 0),
}  # fmt: skip
read_once = cache(read)


def steps(done: ReadChecklist) -> list[DraftStep]:
    phases = [*done.draft.phases, *done.draft.rollback]
    return [step for phase in phases for section in phase.sections for step in section.steps]


def step(name: str, title: str) -> DraftStep:
    found, *_back = [one for one in steps(read_once(CHECKLISTS / f"{name}.md")) if one.title == title]
    return found


@pytest.mark.parametrize("path", every(), ids=lambda path: path.stem)
def test_what_a_checklist_gives(path: Path) -> None:
    done = read_once(path)
    assert astuple(row(done)) == EXPECTED[path.stem]
    assert row(done).errors == 0
    assert lost(done, write(done.draft)) == []
    filled = {number for number, line in enumerate(done.reading.source.raw, 1) if line.strip()}
    assert filled <= set(done.reading.fates.of)
    assert all(set(one.keys) & {"sign"} for one in steps(done)), "nothing of a checklist is executed by itself"


def test_every_language_and_enough_of_them() -> None:
    names = [path.stem for path in every()]
    assert len(names) > 21 and {name[:3] for name in names} >= {"en-", "pt-", "es-", "de-"}
    assert len(Row.__dataclass_fields__) == len(next(iter(EXPECTED.values())))


def shape(phases: list[DraftPhase]) -> list[Any]:
    return [(p.title, [(s.title, [step.title for step in s.steps]) for s in p.sections]) for p in phases]


def test_the_execution_plan_comes_out_as_the_plan_that_was_made_of_it_by_hand() -> None:
    done = read_once(ROOT / "plano-de-execucao-em-producao.md")
    by_hand = yaml.safe_load((Path(__file__).parents[3] / "plans" / "producao.yaml").read_text())
    # The hand has added steps beside the document's own lines.
    own = {re.sub(r"^- (?:\[ \] )?", "", line).strip() for line in done.reading.source.raw}
    wanted = [
        (p["title"], [(s["title"], [t["title"] for t in s["steps"] if t["title"] in own]) for s in p["sections"]])
        for p in by_hand["phases"]
    ]
    assert shape(done.draft.phases) == wanted
    back = [one.title for phase in done.draft.rollback for section in phase.sections for one in section.steps]
    assert back == [
        "Avaliar impacto e decidir sobre rollback", "Notificar equipe e usuários", "Executar script de rollback",
        "Verificar restauração", "Validar funcionalidades", "Documentar incidente",
    ]  # fmt: skip
    told = yaml.safe_load(write(done.draft))
    named = [{"role": member["role"], "duty": member["duty"]} for member in by_hand["team"]]
    assert [{"role": member["role"], "duty": member["duty"]} for member in told["team"]] == named
    assert [one["title"] for one in told["success"]] == [one["title"] for one in by_hand["success"]]
    assert [one["metric"] for one in told["success"]] == [one["metric"] for one in by_hand["success"]]
    assert [one["title"] for one in told["rollback"]["triggers"]] == [
        one["title"] for one in by_hand["rollback"]["triggers"][:4]
    ]
    estimates = {s["title"]: s.get("estimate") for p in by_hand["phases"] for s in p["sections"]}
    for phase in told["phases"]:
        for section in phase["sections"]:
            if section["title"] in ("Backup (5-10 minutos)", "Migração (2-3 minutos)", "Verificação (1-2 minutos)"):
                assert section["estimate"] == estimates[section["title"]]
    by_title = {t["title"]: t.get("milestone") for p in by_hand["phases"] for s in p["sections"] for t in s["steps"]}
    milestones = {one.title: one.keys["milestone"] for one in steps(done) if "milestone" in one.keys}
    # Those whose step the document has twice are told apart by the section.
    assert {title: told for title, told in milestones.items() if by_title.get(title)} == {
        title: told for title, told in by_title.items() if told
    }
    window = told["targets"]["production"]["window"]
    assert (window["opens"], window["duration"], window["buffer"]) == ("[Data e hora]", "45m", "15m")


@pytest.mark.parametrize(
    ("name", "title", "keys"),
    [
        ("en-orders-region", "Freeze deployments", {"milestone": "T-5m"}),
        ("en-orders-region", "Replicas are caught up", {"sign": {"text": "expected: two rows"}}),
        ("en-orders-region", "Disk space is twice the size of the database", {"role": "DBA"}),
        ("en-bold-labels", "Move a tenth of the traffic", {"milestone": "T+5m"}),
        ("en-bold-labels", "Connections in use < 70%", {"sign": {"text": "Expected: no client waits"}}),
        ("en-table-of-steps", "Rebuild the big one", {"role": "DBA", "estimate": "1h"}),
        ("en-nested-and-mixed", "Copy the schema: policies", {"sign": {}}),
        ("de-tabelle-zeitplan", "Abnahme", {"role": "Fachbereich", "milestone": "T+55m", "estimate": "20m"}),
        ("de-rollen-umbau", "Fachbereich informieren", {"role": "Betrieb"}),
        ("es-cambio-de-servidor", "Parar la aplicación", {"estimate": "5m"}),
        ("es-tabla-con-fases", "Comunicar el inicio", {"milestone": "T-15m", "role": "Coordinación"}),
        ("pt-dono-por-secao", "Conferir três notas", {"role": "Financeiro"}),
        ("pt-dono-por-secao", "Criar o schema novo", {"role": "DBA"}),
        ("de-wann-und-abbruch", "App stoppen", {"role": "Backend", "estimate": "2m"}),
        ("de-ablauf", "Migration starten – eine halbe Stunde", {"role": "DBA", "milestone": "T+5m", "estimate": "30m"}),
        ("en-release-night", "GO/NO-GO: Tom decides", {"role": "Release manager", "milestone": "T+20m"}),
        ("en-t-plus", "promote the standby", {"milestone": "T+5m"}),
        ("en-t-plus", "look at the dashboards", {"milestone": "T+1h30m"}),
        ("en-states", "Drain node B", {"role": "DBA", "estimate": "5m"}),
        ("en-states", "Silence the alerts", {"role": "SRE", "sign": {"text": "Phase: Before"}}),
        ("en-wiki-cells", "Vacuum", {"role": "DBA", "milestone": "T+5m"}),
        ("en-change-ticket", "Announce in #ops [2m]", {"role": "Implementer", "estimate": "2m"}),
        ("en-upgrade-roles", "Start, smoke test", {"role": "App", "milestone": "T+25m"}),
        ("de-wann-wer", "Prüfen, ob Index gültig", {"role": "DBA", "milestone": "T+40m"}),
        ("es-numeros-y-preguntas", "¿La tienda responde? Sí / No", {"sign": {"expect": "Sí / No"}}),
        ("pt-folha-impressa", "Derrubar o ERP (5 min)", {"role": "Infra", "estimate": "5m"}),
        ("es-ventana", "Añadir la columna", {"role": "DBA", "milestone": "T+5m"}),
        ("pt-emoji", "Bia: GO / NO-GO", {"role": "DBA", "sign": {"expect": "GO / NO-GO"}}),
        ("pt-definicoes", "Retomar o pgbouncer – 90 s", {"estimate": "90s"}),
        ("pt-cronograma-simples", "Liberar os usuários", {"milestone": "T+40m"}),
    ],
)
def test_what_stands_in_a_line_is_understood(name: str, title: str, keys: dict[str, Any]) -> None:
    found = step(name, title).keys
    assert {key: found.get(key) for key in keys} == keys


@pytest.mark.parametrize("path", every(), ids=lambda path: path.stem)
def test_a_proposal_is_ready_to_be_uncommented(path: Path) -> None:
    done = read_once(path)
    for one in steps(done):
        for place, line in enumerate(one.below):
            if line.startswith("Proposal"):
                following = next((n for n, text in enumerate(one.below[place + 1 :], place + 1)
                                  if text.startswith("Proposal")), len(one.below))  # fmt: skip
                told = yaml.safe_load("\n".join(one.below[place + 1 : following]))
                assert set(told) <= {"sql", "command"} and len(told) == 1


def test_what_a_person_should_look_at_is_told_with_its_line() -> None:
    told = "\n".join(map(str, read_once(CHECKLISTS / "en-orders-region.md").told))
    assert "lines 35-36: ticked" in told and "line 37: struck out" in told
    told = "\n".join(map(str, read_once(CHECKLISTS / "es-cambio-de-servidor.md").told))
    assert "the rollback stands in another file: marcha-atras.md" in told
    told = "\n".join(map(str, read_once(CHECKLISTS / "en-never-closed.md").told))
    assert "line 7: The code block that begins here is never closed; it is taken to end in line 9." in told
    told = "\n".join(map(str, read_once(CHECKLISTS / "de-wartung-alternativen.md").told))
    assert "2 ways of which one is chosen" in told


@pytest.mark.parametrize("line", ["**a ", "[A ", "a - ", "<a ", "` ", "(~5-10 ", "://a:", "x" * 40])
def test_a_line_that_never_ends_keeps_nobody_waiting(line: str) -> None:
    begun = time.process_time()
    done = read_checklist(b"- [ ] " + line.encode() * 20_000, "list.md", language=None, otherwise="en", say=say)
    assert len(steps(done)) == 1 and time.process_time() - begun < 4


def test_a_checklist_of_five_thousand_lines() -> None:
    text = "# Long\n" + "".join(
        f"\n## Phase {n}: Part {n} ({n % 50 + 5} min)\n\n- [ ] Do {n} (DBA) ~5 min: `psql -c 'select {n}'`\n"
        "  - Expected: fine\n"
        f"  - Value: ____\n\n| Step | Owner | Duration |\n|---|---|---|\n| Row {n} | Ana | 2 min "
        f"|\n\n```sql\nselect 1;\n```\n"
        for n in range(380)
    )
    assert text.count("\n") > 5000
    begun = time.process_time()
    done = read_checklist(text.encode(), "long.md", language=None, otherwise="en", say=say)
    # Half a second where nothing else runs.
    assert len(done.draft.phases) == 380 and time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("line", "language", "opens", "minutes", "zone"),
    [
        ("When: Sat 13 Dec 2031 22:00-23:30 UTC", "en", "2031-12-13T22:00", 90, "UTC"),
        ("Window: Dec 6, 2031, 10 - 11:30 PM America/New_York", "en", "2031-12-06T22:00", 90, "America/New_York"),
        ("Scheduled for Saturday, December 13th, 2031 at 10pm Pacific, takes two hours", "en", "2031-12-13T22:00", 120,
         "America/Los_Angeles"),
        ("2031-12-06, 02:00 to 04:00 (CST)", "en", "2031-12-06T02:00", 120, None),
        ("Wartungsfenster: Sa., 13. Dezember 2031, 22 Uhr bis 23:30 Uhr MEZ", "de", "2031-12-13T22:00", 90,
         "Europe/Berlin"),
        ("Samstag, 13.12.2031 22:00 – 23:30 Uhr (Europe/Berlin)", "de", "2031-12-13T22:00", 90, "Europe/Berlin"),
        ("Sábado, 13 de dezembro de 2031, das 22h às 23h30 (horário de Brasília)", "pt", "2031-12-13T22:00", 90,
         "America/Sao_Paulo"),
        ("Domingo 14 de diciembre de 2031 de 02:00 a 03:30, hora de Madrid", "es", "2031-12-14T02:00", 90,
         "Europe/Madrid"),
        ("Fecha: 06/12/2031 22:00, media hora", "es", "2031-12-06T22:00", None, None),
    ],
)  # fmt: skip
def test_a_window_is_told_in_many_ways(
    line: str, language: str, opens: str, minutes: float | None, zone: str | None
) -> None:
    facts = WindowFacts()
    for label, value in window_labels(line):
        facts.read(label, value, 1, language)
    assert (facts.opens, facts.length and facts.length / 60, facts.zone) == (opens, minutes, zone)


def test_a_zone_that_is_one_of_several_is_said_and_not_guessed() -> None:
    done = read_once(CHECKLISTS / "en-t-plus.md")
    told = "\n".join(map(str, done.told))
    assert "the time zone of the window, CST, may be one of several" in told
    assert "timezone" not in write(done.draft) and "CST, may be one of several" in write(done.draft)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Abbruch wenn Fehlerrate > 5 % oder p95 > 500ms", ["Fehlerrate > 5 %", "p95 > 500ms"]),
        ("⚠️ Voltar se CPU > 90% ou conexões > 80%", ["CPU > 90%", "conexões > 80%"]),
        ("Abort if the team or the vendor says so.", ["the team or the vendor says so"]),
        ("Revert if necessary", []),
        ("Rollback is tested when the release is built", []),
        ("Run it if the lag is > 5 s", []),
    ],
)
def test_a_sentence_says_why_it_is_abandoned(sentence: str, told: list[str]) -> None:
    assert reasons(sentence) == told


def test_a_first_name_that_two_people_have_is_nobody() -> None:
    team = "# A\n\n## Team\n\n- Ana Prado (DBA)\n- Ana Silva (SRE)\n- Rui Sá (QA)\n"
    text = f"{team}\n## B\n\n- [ ] one (Ana)\n- [ ] two (Rui)\n- [ ] three (Ana S.)\n"
    done = read_checklist(text.encode(), "a.md", language=None, otherwise="en", say=say)
    assert [(one.title, one.keys.get("role")) for one in steps(done)] == [
        ("one (Ana)", None), ("two", "QA"), ("three", "SRE"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "Revision 4, 2031-01-12. Last executed 2031-11-30 22:00-22:40 without incident.",
        "Stand: 01.12.2031, zuletzt getestet 20:00 Uhr bis 21:00 Uhr",
        "Ensaio em 13/12/2031 das 22h às 23h",
        "The batch of 2031-12-13 wrote 300 rows between 02:00 and 03:00, which nobody in the company had expected.",
    ],
)
def test_a_date_that_tells_something_else_is_no_window(line: str) -> None:
    done = read_checklist(f"# A\n\n{line}\n\n- [ ] one\n".encode(), "a.md", language=None, otherwise="en", say=say)
    assert not done.reading.window.known


def test_rows_are_sorted_only_by_numbers_that_tell_an_order() -> None:
    def titles(*numbers: str) -> list[str]:
        rows = "".join(f"| {number} | row {place} | Ana |\n" for place, number in enumerate(numbers))
        text = f"# A\n\n| # | Step | Owner |\n|---|---|---|\n{rows}"
        done = read_checklist(text.encode(), "a.md", language=None, otherwise="en", say=say)
        return [one.title[-1] for one in steps(done)]

    assert titles("2", "1", "10") == ["1", "0", "2"]
    assert titles("1.9", "1.10", "1.1") == ["2", "0", "1"]
    assert titles("A1", "A2", "B1") == titles("1", "2", "1") == ["0", "1", "2"]


def test_a_heading_that_is_a_date_in_another_language_keeps_its_steps() -> None:
    text = "# A\n\n## Data\n\n- export\n- import\n\n## When\n\n1. stop at 22:00\n2. start\n"
    done = read_checklist(text.encode(), "a.md", language=None, otherwise="en", say=say)
    assert [one.title for one in steps(done)] == ["export", "import", "stop at 22:00", "start"]


def test_a_quantity_is_no_number_of_an_item() -> None:
    text = "# A\n\n- [ ] 2.5 GB are free\n- [ ] 1.1 stop it\n- [ ] look [DONE]\n"
    done = read_checklist(text.encode(), "a.md", language=None, otherwise="en", say=say)
    assert [one.title for one in steps(done)] == ["2.5 GB are free", "stop it", "look"] and done.reading.done == [5]


def test_a_way_back_in_sentences_is_a_step() -> None:
    done = read_once(CHECKLISTS / "en-sop-prose.md")
    (undo,) = [one for one in steps(done) if one.title == "Undo"]
    assert undo.keys["sign"] == {"text": "Detach the partition, drop it."} and done.draft.rollback
