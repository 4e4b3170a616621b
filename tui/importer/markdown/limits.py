"""Metrics with limits, as people write them: `Response time < 100ms`, `Sem erros críticos`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from tui.importer.markdown.inline import fold
from tui.plan.metrics import METRICS, MetricUnit
from tui.plan.scalars import parse_quantity

Relation = Literal["below", "above", "equals"]


@dataclass(frozen=True, slots=True)
class Limit:
    """`value`: a quantity of the plan's language, in the metric's unit."""

    metric: str
    relation: Relation
    value: str


_NAMES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(words))
    for name, words in (
        ("response_time_p99", r"\bp99\b"),
        ("response_time_p50", r"\bp50\b|\bmedian"),
        ("response_time_p95", r"\bp95\b"),
        ("critical_errors", r"critical errors?|erros? criticos?|errores? criticos?|kritische[nr]? fehler|\bpanics?\b"
            r"|fatal errors?"),
        ("replication_lag", r"replica\w*[ -]?(?:lag|delay)|replication (?:lag|delay)|\blag\b|atraso (?:de"
            r"|da) replica\w*|retraso de (?:la )?replica\w*"
                            r"|replikations?(?:verzug|verzogerung|lag)"),
        ("response_time", r"response[ -]?times?|latenc\w+|tempo de resposta|tiempos? de respuesta|antwortzeit\w*"
            r"|latenz\w*|latencia"),
        ("connections", r"connections?|conex(?:oes|ao|iones|ion)|verbindung\w*"),
        ("memory", r"\bmemor\w+|\bram\b|speicher(?:nutzung|auslastung|verbrauch)?\b"),
        ("cpu", r"\bcpu\b|processor|prozessor\w*|procesador"),
        ("disk", r"disk (?:usage|use|utili[sz]ation)|uso d[eo] disco|festplatten\w*|plattenbelegung|disk\b|disco\b"),
        ("io_pressure_share", r"io (?:wait|pressure)|i/o wait|iowait"),
        ("deadlocks", r"deadlocks?"),
        ("waiting_sessions", r"(?:waiting|blocked) (?:sessions|queries)|lock waits?|sess(?:oes|iones) (?:bloquead"
            r"|esperando)\w*|wartende sitzungen|blockierte"),
        ("oldest_transaction_s", r"(?:long(?:est)?|oldest)[ -]?(?:running )?transactions?|transac\w+ (?:mais longa"
            r"|mas larga|longa)|langste transaktion"),
        ("idle_in_transaction", r"idle in transaction"),
        ("active_sessions", r"active (?:sessions|queries)|sess(?:oes|iones) ativas|sesiones activas|aktive sitzungen"),
        ("archive_backlog", r"archive (?:backlog|queue)|wal archive"),
        ("wal_bytes", r"\bwal (?:size|volume|bytes)|pg_wal"),
        ("load", r"load average|systemlast"),
        ("tps", r"\btps\b|transactions? per second|transac\w+ por segundo|transaktionen pro sekunde"),
    )
)  # fmt: skip
_BELOW: Final = (
    r"<=?|≤|under|below|less than|lower than|no more than|at most|max(?:imum|imo|imal)?\.?|menor(?:es)? (?:que"
    r"|do que)|menos de|abaixo de|inferior a|por debajo de"
    r"|unter|weniger als|kleiner als|hochstens|maximal|ate|hasta|bis|nao (?:passa|excede)r? de?|does not exceed"
    r"|nicht uber|within|en menos de"
)
_ABOVE: Final = (
    r">=?|≥|over|above|more than|greater than|higher than|exceeds?|at least|min(?:imum|imo)?\.?|maior(?:es)? (?:que"
    r"|do que)|mas de|mais de|acima de|superior a"
    r"|por encima de|uber|mehr als|grosser als|mindestens|ao menos|pelo menos|al menos|ultrapassa\w*|supera"
    r"|ubersteigt|excede"
)
_COMPARED: Final = re.compile(
    rf"(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE})|(?P<equals>==?|:))\s*(?:de |a "
    rf"|als )?~?(?P<number>\d{{1,12}}(?:[.,]\d{{1,6}})?)\s*"
    r"(?P<unit>%|ms\b|milli\w+|milis\w+|min\w*|s\b|sec\w*|seg\w*|sek\w*|h\b|hours?|horas?|stunden?|[kmgt]i?b\b)?"
)
_NONE: Final = re.compile(r"^\W*(?:zero|no|none|without|nenhum\w*|sem|ningun\w*|sin|cero|kein\w*|null|0)\b")
_THE_LIMIT: Final = re.compile(
    r"(?:<|≤|below|under|abaixo|menor|unter|debajo)\D*(?:limit\w*|max(?:imum|imo)?\w*|max_connections)"
)
_UNITS: Final = (("ms", r"ms|mil"), ("m", r"min"), ("h", r"h|std|stunde"), ("s", r"s"))


def limit_of(text: str) -> Limit | None:
    """What a line says of a metric of the product; None where it says nothing that can be measured."""
    folded = fold(text)
    found = [(match.start(), name) for name, words in _NAMES if (match := words.search(folded))]
    if not found:
        return None
    metric = min(found, key=lambda one: ("p9" not in one[1] and "p5" not in one[1], one[0]))[1]
    compared = _COMPARED.search(folded)
    unit = METRICS[metric].unit
    if compared is not None:
        value = _quantity(compared["number"].replace(",", "."), compared["unit"] or "", unit)
        relation: Relation = "below" if compared["below"] else "above" if compared["above"] else "equals"
        if value is None or (relation == "equals" and compared["equals"] == ":" and unit is not MetricUnit.NUMBER):
            return None
        return Limit(metric, relation, value)
    if unit is MetricUnit.NUMBER and _NONE.match(folded):
        return Limit(metric, "equals", "0")
    if metric == "connections" and _THE_LIMIT.search(folded):
        return Limit(metric, "below", "100%")
    return None


def _quantity(number: str, unit: str, wanted: MetricUnit) -> str | None:
    """A quantity as the metric needs it; None where the unit is another one."""
    if wanted is MetricUnit.SHARE:
        text = f"{number}%" if unit == "%" and float(number) <= 100 else None
    elif wanted is MetricUnit.SECONDS:
        sign = next((sign for sign, words in _UNITS if re.match(words, unit)), None)
        text = None if sign is None else f"{number}{sign}"
    elif wanted is MetricUnit.BYTES:
        text = f"{number}{unit[0].upper()}{unit[1:].replace('b', 'B')}" if unit.endswith("b") else None
        text = text.replace("Kb", "kB") if text else None
    else:
        text = None if unit else number
    if text is None:
        return None
    try:
        parse_quantity(text)
    except ValueError:
        return None
    return text
