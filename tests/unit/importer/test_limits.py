"""Comparisons, negations and numbers of checklists in four languages: what is certain is measured, of all else nothing
is proposed and a person is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.importer.conftest import ImportDesk, say
from tui.importer.markdown.checklist import ReadChecklist, import_checklists, read_checklist
from tui.importer.markdown.criterion import Criterion
from tui.importer.markdown.limits import Measured, measured
from tui.importer.markdown.numbers import NumberStyle, read_number
from tui.importer.write import write

STYLES = {
    "en": NumberStyle("en", ","), "pt": NumberStyle("pt", "."), "es": NumberStyle("es", "."),
    "de": NumberStyle("de", "."), "": NumberStyle("en"),
}  # fmt: skip


def keys(told: Measured) -> list[tuple[Any, ...]]:
    """Metric, relation and value of each."""
    return [(limit.metric, *Criterion(1, "", limit).told) for limit in told.limits]


@pytest.mark.parametrize(
    ("language", "line", "relation", "value"),
    [
        ("en", "CPU must not exceed 70%", "below", "70%"),
        ("en", "CPU should never go above 70 percent", "below", "70%"),
        ("en", "CPU doesn't rise above 70 %", "below", "70%"),
        ("en", "CPU doesn’t rise above 70 %", "below", "70%"),
        ("en", "CPU: no more than 70%", "below", "70%"),
        ("en", "CPU at most 70%", "below", "70%"),
        ("en", "CPU ≤ 70%", "below", "70%"),
        ("en", "CPU ≯ 70%", "below", "70%"),
        ("en", "CPU 70% or less", "below", "70%"),
        ("en", "CPU 70% max.", "below", "70%"),
        ("en", "No CPU above 70%", "below", "70%"),
        ("en", "Without exceeding 70% CPU", "below", "70%"),
        ("en", "CPU never below 10%", "above", "10%"),
        ("en", "CPU must not fall below 10%", "above", "10%"),
        ("en", "CPU at least 10%", "above", "10%"),
        ("en", "CPU less than or equal to 70%", "below", "70%"),
        ("pt", "CPU menor ou igual a 70%", "below", "70%"),
        ("pt", "Que a CPU não seja superior aos 70%", "below", "70%"),
        ("es", "CPU menor o igual que 70%", "below", "70%"),
        ("de", "CPU kleiner oder gleich 70 %", "below", "70%"),
        ("pt", "CPU não deve passar de 70%", "below", "70%"),
        ("pt", "CPU nunca acima de 70%", "below", "70%"),
        ("pt", "A CPU não pode ultrapassar 70 %", "below", "70%"),
        ("pt", "CPU no máximo 70%", "below", "70%"),
        ("pt", "CPU até 70%", "below", "70%"),
        ("pt", "Uso de CPU sem exceder 70%", "below", "70%"),
        ("pt", "CPU não mais do que 70%", "below", "70%"),
        ("pt", "CPU no servidor abaixo de 70%", "below", "70%"),
        ("pt", "CPU nunca abaixo de 10%", "above", "10%"),
        ("pt", "CPU de pelo menos 10%", "above", "10%"),
        ("es", "La CPU no debe superar el 70 %", "below", "70%"),
        ("es", "CPU nunca por encima del 70%", "below", "70%"),
        ("es", "CPU como máximo 70%", "below", "70%"),
        ("es", "La CPU no puede exceder de 70%", "below", "70%"),
        ("es", "CPU: no más de 70%", "below", "70%"),
        ("es", "CPU sin superar el 70%", "below", "70%"),
        ("es", "CPU no menos de 10%", "above", "10%"),
        ("es", "CPU al menos 10%", "above", "10%"),
        ("de", "CPU darf nicht über 70 % steigen", "below", "70%"),
        ("de", "CPU soll 70 % nicht überschreiten", "below", "70%"),
        ("de", "CPU überschreitet nie 70 %", "below", "70%"),
        ("de", "CPU ohne 70 % zu überschreiten", "below", "70%"),
        ("de", "CPU höchstens 70 %", "below", "70%"),
        ("de", "CPU nicht mehr als 70 %", "below", "70%"),
        ("de", "Keine CPU über 70 %", "below", "70%"),
        ("de", "CPU nie unter 10 %", "above", "10%"),
        ("de", "CPU darf 10 % nicht unterschreiten", "above", "10%"),
        ("de", "CPU mindestens 10 %", "above", "10%"),
    ],
)
def test_a_negation_turns_a_comparison_round(language: str, line: str, relation: str, value: str) -> None:
    assert keys(measured(line, STYLES[language])) == [("cpu", relation, value)]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "CPU > 80%"),
        ("en", "CPU above 70% is not acceptable"),
        ("en", "CPU above 70% is unacceptable"),
        ("en", "Abort with CPU above 70%"),
        ("en", "If CPU < 70% go on"),
        ("en", "CPU hardly under 70%"),
        ("en", "CPU never not above 70%"),
        ("en", "Do not let, ever, CPU pass 5% over 70%"),
        ("en", "CPU between 60% and < 70%"),
        ("en", "CPU < 60-70%"),
        ("en", "60% < CPU"),
        ("en", "CPU and memory < 80%"),
        ("en", "CPU < 70% or memory < 80%"),
        ("en", "Disk > 40% free"),
        ("en", "Disk at least 40% free"),
        ("en", "CPU increase of less than 20%"),
        ("en", "CPU < 120% of the baseline, < 70%"),
        ("en", "waiting sessions < 5 per minute"),
        ("en", "waiting sessions < 5 thousand"),
        ("en", "CPU ≠ 70%"),
        ("en", "CPU < 7² %"),
        ("en", "CPU = 70%"),
        ("pt", "Não deixar a CPU passar de 70%"),
        ("pt", "Evitar CPU menor que 70%"),
        ("pt", "CPU > 70% não é aceitável"),
        ("pt", "Nem CPU nem memória acima de 80%"),
        ("pt", "Disco com pelo menos 20% livre"),
        ("es", "Que no quede la CPU por encima de 70%"),
        ("es", "CPU > 70% no se acepta"),
        ("es", "Ni CPU ni memoria por encima del 80%"),
        ("es", "Si la CPU es inferior a 70%"),
        ("de", "CPU über 70 % ist nicht erlaubt"),
        ("de", "Weder CPU noch Speicher über 80 %"),
        ("de", "Vermeiden: CPU unter 70 %"),
        ("de", "CPU um mehr als 20 % höher"),
        ("en", "TPS < 500"),
        ("en", "At least 95% of connections succeed"),
        ("en", "Response time < 200 ms for 99% of requests"),
    ],
)
def test_what_is_not_certain_is_no_criterion(language: str, line: str) -> None:
    told = measured(line, STYLES[language])
    assert not told.limits and told.doubt is not None and line in str(told.doubt)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "p95 response time < 200 ms and CPU < 70%",
            [("response_time_p95", "below", "200ms"), ("cpu", "below", "70%")],
        ),
        ("Error rate < 1%, CPU < 70%", [("cpu", "below", "70%")]),
        ("At most 5 waiting sessions", [("waiting_sessions", "below", "6")]),
        ("Fewer than 5 waiting sessions", [("waiting_sessions", "below", "5")]),
        ("TPS at least 500", [("tps", "above", "500")]),
        ("TPS > 0", [("tps", "above", "0")]),
        ("Keine Deadlocks", [("deadlocks", "equals", "0")]),
        ("No hay deadlocks", [("deadlocks", "equals", "0")]),
        ("Zero erros críticos", [("critical_errors", "equals", "0")]),
        ("Replication lag at most 0 s", [("replication_lag", "equals", "0s")]),
        ("Connection errors < 5%", []),
        ("No monitoring of deadlocks", []),
        ("CPU is cool", []),
    ],
)
def test_each_limit_belongs_to_what_it_is_about(line: str, found: list[tuple[Any, ...]]) -> None:
    assert keys(measured(line, STYLES["en"])) == found


@pytest.mark.parametrize(
    ("written", "english", "german", "untold"),
    [
        ("70", "70", "70", "70"),
        ("2,000", "2000", None, None),
        ("2.000", None, "2000", None),
        ("2 000", "2000", "2000", "2000"),
        ("2'000", "2000", "2000", "2000"),
        ("1,5", "1.5", "1.5", "1.5"),
        ("1.50", "1.5", "1.5", "1.5"),
        ("0,250", "0.25", "0.25", "0.25"),
        ("1,234.5", "1234.5", "1234.5", "1234.5"),
        ("1.234,5", "1234.5", "1234.5", "1234.5"),
        ("1 234,5", "1234.5", "1234.5", "1234.5"),
        ("1.234.567", "1234567", "1234567", "1234567"),
        ("1.2.3", None, None, None),
        ("12,34,567", None, None, None),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(
    written: str, english: str | None, german: str | None, untold: str | None
) -> None:
    assert [read_number(written, STYLES[name]) for name in ("en", "de", "")] == [english, german, untold]


def read(text: str) -> ReadChecklist:
    return read_checklist(text.encode(), "a.md", language=None, otherwise="en", say=say)


@pytest.mark.parametrize(
    ("words", "line", "value"),
    [
        ("The plan of the team for the move", "Response time < 2,000 ms", "2000ms"),
        ("The plan of the team for the move", "Response time < 1.5 s", "1.5s"),
        ("The plan of the team for the move", "Response time < 2.000 ms", None),
        ("O plano da equipe para a mudança não é novo", "Tempo de resposta < 2.000 ms", "2000ms"),
        ("El plan del equipo para la migración de los datos", "Tiempo de respuesta < 2.000 ms", "2000ms"),
        ("El plan del equipo para la migración de los datos", "Tiempo de respuesta < 1.500 s", None),
        ("Der Plan für die Umstellung und das Team", "Antwortzeit < 2.000 ms", "2000ms"),
        ("Der Plan für die Umstellung und das Team", "Antwortzeit < 2 000 ms", "2000ms"),
        ("Der Plan für die Umstellung und das Team", "Antwortzeit < 1,5 s", "1.5s"),
        ("Der Plan für die Umstellung und das Team", "Antwortzeit < 2,000 ms", None),
        ("xyz", "Response time < 2,000 ms", None),
    ],
)
def test_a_limit_in_thousands(words: str, line: str, value: str | None, desk: ImportDesk) -> None:
    done = read(f"# A\n\n{words}.\n\n## Metrics\n\n- {line}\n\n## Steps\n\n- [ ] one\n")
    told = "\n".join(map(str, done.told))
    plan = desk.load(write(done.draft))
    assert plan.errors == [] and [one.limit.value for one in done.reading.limits] == ([value] if value else [])
    assert ("may be read in two ways" in told) == (value is None)
    assert line in write(done.draft)


def triggers(*lines: str, metrics: str = "") -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """Success criteria by metric, triggers, and what is told."""
    text = "# The plan of the move\n\n" + (f"## Metrics\n\n- {metrics}\n\n" if metrics else "")
    done = read(text + "## Rollback triggers\n\n" + "".join(f"- {line}\n" for line in lines) + "\n## S\n\n- [ ] one\n")
    success = done.draft.head.get("success")
    criteria = {} if success is None else {one["metric"]: one for one in success.value}
    return criteria, done.draft.triggers, "\n".join(map(str, done.told))


def test_a_trigger_fires_at_the_limit_that_it_says() -> None:
    criteria, (fired,), _told = triggers("p95 > 500ms for 5 minutes")
    assert fired["guards"] == ["response_time_p95"] and fired["for"] == "5m"
    assert criteria["response_time_p95"]["below"] == "500ms"
    criteria, (fired,), _told = triggers("CPU > 90% or connections > 80%")
    assert fired["guards"] == ["cpu", "connections"]
    assert (criteria["cpu"]["below"], criteria["connections"]["below"]) == ("90%", "80%")
    criteria, (fired,), _told = triggers("CPU > 90% länger als 10 Minuten")
    assert fired["guards"] == ["cpu"] and fired["for"] == "10m"
    criteria, (fired,), _told = triggers("p95 above 1 s for 3 consecutive minutes")
    assert fired["guards"] == ["response_time_p95"] and fired["for"] == "3m"
    criteria, (fired,), _told = triggers("If CPU exceeds 90% for more than 5 min, stop and roll back")
    assert fired["guards"] == ["cpu"] and fired["for"] == "5m"
    criteria, (fired,), _told = triggers("TPS falls below 100")
    assert fired["guards"] == ["tps"] and criteria["tps"]["above"] == 100


def test_above_nothing_is_not_below_nothing() -> None:
    criteria, (fired,), _told = triggers("deadlocks > 0")
    assert fired["guards"] == ["deadlocks"] and criteria["deadlocks"]["equals"] == 0
    criteria, (fired,), _told = triggers("deadlocks > 5")
    assert fired["guards"] == ["deadlocks"] and criteria["deadlocks"]["below"] == 6
    criteria, (fired,), _told = triggers("deadlocks ≥ 5")
    assert criteria["deadlocks"]["below"] == 5


def test_a_trigger_whose_metric_breaks_earlier_does_not_fire_by_itself() -> None:
    criteria, (fired,), told = triggers("CPU > 90%", metrics="CPU < 70%")
    assert fired == {"title": "CPU > 90%"} and criteria["cpu"]["below"] == "70%"
    assert "nothing fires the trigger CPU > 90% by itself, for cpu has another limit; a person decides" in told
    _criteria, (fired,), _told = triggers("CPU > 70%", metrics="CPU must not exceed 70%")
    assert fired["guards"] == ["cpu"]
    _criteria, (first, second), told = triggers("CPU > 80% for 5 min", "CPU > 95%")
    assert first["guards"] == ["cpu"] and first["for"] == "5m" and "guards" not in second and "CPU > 95%" in told
    criteria, (first, second), told = triggers("CPU > 95% for 5 min", "CPU > 80%")
    assert first["guards"] == ["cpu"] and "guards" not in second and criteria["cpu"]["below"] == "95%"


@pytest.mark.parametrize(
    "line",
    [
        "CPU > 90% and connections > 80%",
        "CPU must not exceed 90%",
        "CPU > 90% for 5 minutes or connections > 80%",
        "CPU > 90% twice in 10 minutes",
        "CPU > 90% and users complain",
        "Lag does not fall below 30 s in 10 minutes",
        "response time grows by more than 20%",
        "critical errors > 5 in 10 minutes",
        "p95 < 200 ms",
        "deadlocks = 5",
    ],
)
def test_a_trigger_that_is_not_certain_is_a_persons(line: str) -> None:
    criteria, (fired,), told = triggers(line, metrics="Response time < 1 s")
    assert fired == {"title": line} and f"nothing fires the trigger {line} by itself" in told
    assert set(criteria) == {"response_time"}


def test_a_column_of_alarms_is_no_criterion() -> None:
    table = "| Metric | Target | Alert |\n|---|---|---|\n| CPU | < 70% | > 90% |\n| Memory | 80% | 95% |\n"
    done = read(f"# A\n\n## Metrics\n\n{table}\n## S\n\n- [ ] one\n")
    assert [(one.limit.metric, *one.told) for one in done.reading.limits] == [
        ("cpu", "below", "70%"), ("memory", "below", "80%"),
    ]  # fmt: skip
    table = "| Metric | Alert threshold |\n|---|---|\n| CPU | 90% |\n| Memory | > 95% |\n"
    done = read(f"# A\n\n## Metrics\n\n{table}\n## S\n\n- [ ] one\n")
    assert done.reading.limits == [] and "Memory > 95%" in write(done.draft)
    table = "| Metric | Minimum |\n|---|---|\n| TPS | 500 |\n"
    done = read(f"# A\n\n## Metrics\n\n{table}\n## S\n\n- [ ] one\n")
    assert [(one.limit.metric, *one.told) for one in done.reading.limits] == [("tps", "above", "500")]


def test_a_further_checklist_does_not_make_a_trigger_fire_earlier() -> None:
    steps = "\n## S\n\n- [ ] one\n"
    first = f"# The move\n\n## Rollback triggers\n\n- CPU > 90%\n- deadlocks > 0\n{steps}"
    second = f"# The check\n\n## Metrics\n\n- CPU < 70%\n- No deadlocks\n{steps}"
    documents = [(first.encode(), "a.md"), (second.encode(), "b.md")]
    done = import_checklists(documents, language="en", otherwise="en", say=say)
    assert "{title: CPU > 90%}" in done.plan and "guards: [deadlocks]" in done.plan
    assert "for cpu has another limit; a person decides" in "\n".join(map(str, done.told))
