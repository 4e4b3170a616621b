"""Metrics with limits, as people write them: `Response time < 100ms`, `Sem erros críticos`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.compared import Bound, Doubtful, SaidComparison, compare, negations_in, prepared
from tui.importer.markdown.inline import fold
from tui.importer.markdown.numbers import NumberStyle
from tui.plan.metrics import METRICS, MetricUnit, Origin, told_by
from tui.plan.scalars import parse_quantity
from tui.said import N_, Said


@dataclass(frozen=True, slots=True)
class Limit:
    """`value`: a quantity of the plan's language, in the metric's unit."""

    metric: str
    bound: Bound
    value: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What a line says of metrics of the product. `lasting`: seconds for which a value must have been over its limit.
    `doubt`: why nothing is taken from it though it seems to say something. `partly`: it has limits beside these."""

    limits: tuple[Limit, ...] = ()
    lasting: float = 0.0
    doubt: Said | None = None
    partly: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """`joined`: `and`, `or` or nothing of what stands before it. `text`: with `¤` for what is measured.
    `limit` is None of what is not measured."""

    joined: str
    metrics: frozenset[str]
    text: str = ""
    limit: Limit | None = None
    lasting: float = 0.0
    compared: bool = False


UNMEASURED: Final = N_("no limit of what is measured was found in it: {text}")
UNSURE: Final = N_("what is asked for may be read in two ways and is not measured: {text}")
AMBIGUOUS: Final = N_("{number} may be read in two ways, and the limit is not measured: {text}")
PARTLY: Final = N_("only a part of it is measured: {text}")
LONGEST: Final = 600
"""Characters of a line that may tell a limit."""
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
        ("waiting_sessions", r"(?:waiting|blocked) (?:sessions|queries)|lock waits?|(?:sessoes|sesiones) (?:bloquead"
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
_MORE_IS_BETTER: Final = {"tps"}
_NONE: Final = re.compile(
    r"\W*(?:zero|no|none|without|nenhum\w*|sem|ningun\w*|sin|cero|kein\w*|null|0)\s+"
    r"(?:(?:single|new|more|of|any|hay|ha|novos?|nuevos?|neuen?|weiteren)\s+){0,2}¤(?!\s*(?:-|/))"
)
_THE_LIMIT: Final = re.compile(
    r"(?:<|≤|below|under|abaixo|menor|unter|debajo)[^0-9]*(?:limit\w*|max(?:imum|imo)?\w*|max_connections)"
)
_OTHER: Final = re.compile(
    r"errors?(?!\w)|erros?(?!\w)|errores|fehler|failure|failed|falha|fallo|fallid|retr(?:y|ies)|timeout|leak|throttl"
    r"|temperatur|kafka|consumer|queue|\bfila|\bcola\b|\bpool|\bhit\b|\bmiss\b|cache|rejected|recusad|rechazad|abgelehnt"
)
"""Of which it is another figure."""
_CONDITION: Final = re.compile(
    r"^\W*(?:if|when|wenn|falls|sobald|bei|se|quando|caso|si|cuando)(?!\w)|(?<!\w)(?:abort\w*|roll(?:ing)?[ -]?back"
    r"|revert\w*|alert\w*|alarm\w*|abbruch|abbrechen|voltar|volver|cancel\w*)(?!\w)"
)
"""What is said so must not be."""
_ACTION: Final = re.compile(
    r"roll|revert|abort|stop|back|voltar|volver|deshacer|desfazer|parar|cancel|zuruck|abbr|decide|decid|notif|avis"
)
"""What is done then."""
_SENTENCE: Final = re.compile(r"\s*(?:[;→|]|->|=>|(?<!max)(?<!min)(?<!ca)(?<!approx)\.(?=\s)|\s[–—-]\s)\s*")
_LESS: Final = (
    r"(?!\s+(?:equal|igua\w+|gleich|less|below|under|above|over|lower|fewer|faster|more|higher|greater|menos|menor|inferior|mais|mas|maior|mayor"
    r"|weniger"
)
_JOINED: Final = re.compile(
    r"\s+(?:(?P<and>and|e|y|und|sowie|as well as|&)|(?P<or>or|ou|o|oder|and/or|e/ou|y/o|und/oder))"
    + _LESS
    + r"|niedriger|schneller|mehr|hoher)(?!\w))\s+|(?P<comma>,)\s+|\s/\s"
)
_TIME: Final = (
    r"(?P<number>[0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*(?:consecutive |full |whole |consecutiv[ao]s |aufeinanderfolgende )?"
    r"(?P<unit>s|sec\w*|seg\w*|sek\w*|min\w*|m|h|hrs?|hours?|horas?|std|stunden?)(?!\w)"
)
_MORE: Final = (
    r"(?:more than|at least|longer than|over|about|mais (?:do )?que|mais de|mas de|pelo menos|al menos"
    r"|mindestens|mehr als|uber|langer als|~|>=?|≥)"
)
_LASTING: Final = re.compile(
    rf"(?<!\w)(?:(?:for|during|durante|por|fur|wahrend|seit)\s+(?:{_MORE}\s*)?(?:the |os |los |as |las )?"
    rf"|(?:longer than|langer als)\s+){_TIME}"
    r"(?:\s+(?:straight|in a row|seguidos|lang|hindurch|consecutiv\w+))?"
)
_LONG: Final = re.compile(rf"(?<!\w){_TIME}\s+(?:straight|in a row|seguidos|lang|hindurch)(?!\w)")
_SHARE_OF: Final = re.compile(r"% (?:of|de|do|da|dos|das|del|der|von|aller) (?:[^\W\d_]+ ){0,2}(?:¤|requests|queries)")
_DURATION: Final = re.compile(rf"(?<![\w.]){_TIME}")
_PERCENT: Final = re.compile(r"(?<=[0-9])\s*(?:percent|per cent|pct|prozent|por ?cento|por ciento)(?!\w)")
_RATE: Final = re.compile(
    r"\s*(?:[^\W\d_]+\s+){0,2}(?:/|(?<!\w)(?:per|por|pro|je|cada|every|a|in|within|em|en|innerhalb)\s)\s*(?:[0-9]+\s*)?"
    r"(?:s|sec\w*|seg\w*|sek\w*|min\w*|h|hour\w*|hora\w*|std|stunde\w*|day|dia|tag)(?!\w)"
)
_UNITS: Final = (
    ("ms", re.compile(r"ms|msecs?|milli\w*|milis\w*")), ("s", re.compile(r"s|sec\w*|seg\w*|sek\w*")),
    ("m", re.compile(r"min\w*")), ("h", re.compile(r"h|hrs?|hours?|horas?|std|stunden?")),
    ("d", re.compile(r"days?|dias?|tagen?")),
)  # fmt: skip


def names_metric(text: str) -> bool:
    """Whether a line speaks of something that the product measures."""
    folded = fold(text)
    return any(words.search(folded) for _name, words in _NAMES)


def measured(text: str, style: NumberStyle, *, trigger: bool = False) -> Measured:
    """What a line says of the product's metrics: of a criterion what must be, of a `trigger` what must not."""
    if len(text) > LONGEST or not names_metric(text):
        return Measured()
    try:
        clauses = [
            clause
            for sentence in _SENTENCE.split(_PERCENT.sub("%", prepared(_bare(times.in_digits(text)))))
            for clause in _clauses(sentence, style, trigger=trigger)
        ]
        told = _together(clauses, trigger=trigger)
        figures = re.search(r"(?<![\w.])[0-9]", _masked(prepared(text))[1]) is not None
        return told if told.limits or not figures else Measured(doubt=Said(UNMEASURED, text=text))
    except Doubtful as doubt:
        said = Said(AMBIGUOUS, number=doubt.number, text=text) if doubt.number else Said(UNSURE, text=text)
        return Measured(doubt=said)


def _is_time(unit: str) -> bool:
    return any(words.fullmatch(unit) for _sign, words in _UNITS)


def _bare(text: str) -> str:
    """Without what stands in brackets and tells neither a metric nor a figure."""
    return re.sub(
        r"\s*\(([^()]*)\)",
        lambda found: found[0] if re.search(r"[0-9<>≤≥]", found[1]) or names_metric(found[1]) else "",
        text,
    )


def _together(clauses: list[_Clause], *, trigger: bool) -> Measured:
    """The clauses of a line. Raises Doubtful where they do not stand side by side."""
    told = [clause for clause in clauses if clause.compared]
    limits = tuple(dict.fromkeys(clause.limit for clause in told if clause.limit is not None))
    if not limits:
        return Measured()
    behind = clauses[clauses.index(told[0]) + 1 :]
    joints = {clause.joined for clause in behind}
    if trigger and any(clause.joined == "and" and not _ACTION.search(clause.text) for clause in behind):
        raise Doubtful
    if len(told) > 1 and not trigger and "or" in joints:
        # What holds together, or instead of each other, has no word in a plan.
        raise Doubtful
    lasting = {clause.lasting for clause in told}
    if len(lasting) > 1:
        raise Doubtful
    return Measured(limits, lasting.pop(), None, any(clause.limit is None for clause in told))


def _clauses(sentence: str, style: NumberStyle, *, trigger: bool) -> list[_Clause]:
    """The clauses of a sentence. Raises Doubtful where it is not clear what is compared with what."""
    found = [_clause(joined, text, style, trigger=trigger) for joined, text in _parts(sentence, style) if text.strip()]
    compared = [clause for clause in found if clause.compared]
    if compared and any(clause.metrics and not clause.compared for clause in found):
        raise Doubtful
    silent = [text for _joined, text in _parts(sentence, style) if text.strip()]
    if compared and any(
        negations_in(text, style) for text, clause in zip(silent, found, strict=True) if not clause.compared
    ):
        raise Doubtful
    return found


def _parts(sentence: str, style: NumberStyle) -> Iterator[tuple[str, str]]:
    """The clauses with what joins each to what stands before it."""
    at, joined = 0, ""
    for match in _JOINED.finditer(sentence):
        yield joined, sentence[at : match.start()]
        at = match.end()
        # In Portuguese `o` is an article.
        article = match["or"] == "o" and style.language != "es"
        joined = "and" if match["and"] else "or" if match["or"] and not article else ""
    yield joined, sentence[at:]


def _clause(joined: str, text: str, style: NumberStyle, *, trigger: bool) -> _Clause:
    metrics, masked, spoiled = _masked(text)
    lasting = 0.0
    compared: list[SaidComparison] = []
    brief = _LASTING.search(masked) or _LONG.search(masked)
    if brief is not None:
        rest = f"{masked[: brief.start()]} {masked[brief.end() :]}"
        compared = compare(rest, style)
        if compared or _NONE.match(rest):
            span = times.duration(f"{brief['number']} {brief['unit']}")
            masked, lasting = rest, span.seconds if span is not None else 0.0
    compared = compared or compare(masked, style)
    if not compared:
        return _uncompared(joined, masked, metrics, spoiled, lasting, style)
    timed = 0 if not trigger else len(_DURATION.findall(masked)) - sum(_is_time(one.unit) for one in compared)
    if timed > 0 or (trigger and not metrics and any(_is_time(one.unit) for one in compared)):
        # How long, or how often within some time, has no word beside it.
        raise Doubtful
    if not metrics:
        return _Clause(joined, metrics, compared=True)
    if len(compared) > 1 or len(metrics) > 1:
        raise Doubtful
    if _SHARE_OF.search(masked) and not metrics.intersection(told_by(Origin.HOST)):
        # `95% of the connections` is no share of what there may be.
        raise Doubtful
    if spoiled:
        return _Clause(joined, frozenset(), compared=True)
    (metric,) = metrics
    (one,) = compared
    value = _quantity(metric, one)
    if value is None:
        return _Clause(joined, metrics, compared=True)
    _plausible(metric, one, masked, trigger=trigger)
    carried = lasting if trigger or one.turned else 0.0
    return _Clause(joined, metrics, masked, Limit(metric, one.bound, value), carried, compared=True)


def _uncompared(
    joined: str, masked: str, metrics: frozenset[str], spoiled: bool, lasting: float, style: NumberStyle
) -> _Clause:
    """A clause without a comparison: `no deadlocks`, `connections below the limit`, or nothing that is measured."""
    if len(metrics) == 1 and not spoiled:
        (metric,) = metrics
        if METRICS[metric].unit is MetricUnit.NUMBER and _NONE.match(masked):
            return _Clause(joined, metrics, masked, Limit(metric, Bound.EQUALS, "0"), lasting, compared=True)
        if metric == "connections" and _THE_LIMIT.search(masked) and not negations_in(masked, style):
            return _Clause(joined, metrics, masked, Limit(metric, Bound.BELOW, "100%"), 0.0, compared=True)
    return _Clause(joined, metrics, masked)


def _plausible(metric: str, compared: SaidComparison, clause: str, *, trigger: bool) -> None:
    """Raise Doubtful where a line asks for what nobody wants: `CPU > 80%` below success criteria is an alarm."""
    if compared.bound is Bound.EQUALS:
        if METRICS[metric].unit is not MetricUnit.NUMBER:
            raise Doubtful
        return
    floor = compared.bound in (Bound.ABOVE, Bound.AT_LEAST)
    good = floor == (metric in _MORE_IS_BETTER)
    if good if trigger else (not good and compared.plain):
        raise Doubtful
    if not trigger and _CONDITION.search(clause):
        raise Doubtful
    if compared.bound is Bound.BELOW and compared.number == "0":
        raise Doubtful


def _masked(text: str) -> tuple[frozenset[str], str, bool]:
    """The metrics that a clause names, the clause with `¤` for each, and whether it is about another figure of it."""
    spans: list[tuple[int, int, str]] = []
    for name, words in _NAMES:
        for match in words.finditer(text):
            if not any(begin <= match.start() < end for begin, end, _name in spans):
                spans.append((*match.span(), name))
    metrics = {name for _begin, _end, name in spans}
    if len(metrics) > 1:
        # `p95 of the response time` is one.
        metrics.discard("response_time")
    masked, spoiled = text, False
    for begin, end, name in sorted(spans, reverse=True):
        spoiled |= name != "critical_errors" and _OTHER.search(text[begin:end]) is not None
        masked = f"{masked[:begin]}¤{masked[end:]}"
    return frozenset(metrics), masked, spoiled or _OTHER.search(masked) is not None


def _quantity(metric: str, compared: SaidComparison) -> str | None:
    """A quantity as the metric needs it; None where the unit is another one. Raises Doubtful for what is a rate."""
    wanted, number, unit = METRICS[metric].unit, compared.number, compared.unit
    text: str | None
    if wanted is MetricUnit.SHARE:
        text = f"{number}%" if unit == "%" and float(number) <= 100 else None
    elif wanted is MetricUnit.SECONDS:
        sign = next((sign for sign, words in _UNITS if words.fullmatch(unit)), None)
        text = None if sign is None else f"{number}{sign}"
    elif wanted is MetricUnit.BYTES:
        known = re.fullmatch(r"[kmgt]i?b", unit)
        text = f"{number}{unit[0].upper()}{unit[1:].replace('b', 'B')}" if known is not None else None
        text = text.replace("KB", "kB") if text else None
    else:
        timed = _is_time(unit)
        text = number if not unit or (compared.apart and not timed and unit != "%") else None
        behind = f"{' ' if compared.apart else ''}{unit}{compared.rest}"
        if text is not None and wanted is MetricUnit.NUMBER and _RATE.match(behind):
            raise Doubtful
    if text is None:
        return None
    try:
        parse_quantity(text)
    except ValueError:
        return None
    return text
