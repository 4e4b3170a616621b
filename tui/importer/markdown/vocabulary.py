"""The words by which a checklist is understood, in English, Portuguese, Spanish and German. All of them folded: small
letters without accents. Pure."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from functools import lru_cache
from typing import Final

from tui.importer.markdown.inline import PART_WORDS, STEP_WORDS, fold


class Sort(StrEnum):
    """What stands below a heading."""

    STEPS = "steps"
    INFO = "info"
    ROLLBACK = "rollback"
    TRIGGERS = "triggers"
    TEAM = "team"
    CONTACTS = "contacts"
    WINDOW = "window"
    MILESTONES = "milestones"
    METRICS = "metrics"


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


BACK: Final = (
    r"roll(?:ing)?[\s-]?back\w*|back[\s-]?out|fall[\s-]?back(?:plan)?|revert\w*|reversao|reversion|reversal|ruckfall\w*"
    r"|ruckweg|ruckkehr|retroces\w*|bail[\s-]?out|(?:wenn|falls) es nicht klappt|si no funciona|se nao funcionar"
    r"|ruckabwicklung|ruckbau|zuruckroll\w*|rucknahme|ruckgangig\w*|contingenc\w+|contingencia|desfazer\w*"
    r"|^retorno$|retorno (?:a|ao|para) (?:a )?(?:versao|estado|situacao|anterior)|recuo"
    r"|(?<!engenharia )(?<!ingenieria )(?<!logistica )reversa"
    r"|vuelta atras|marcha atras|deshacer|restauracion de emergencia|plan b|plano b|notfallplan\w*|abbruchplan"
    r"|abort(?: plan)?|^(?:abbruch|abortar|zuruck|voltar|volver)$"
    r"|if (?:it|something|things|anything) (?:goes?|fails?)(?: wrong)?|in case of (?:failure|problems?|trouble|errors?)"
    r"|se (?:algo )?(?:der|deu|falhar)(?: errado)?|em caso de (?:falha|erro|problema)s?|si (?:algo )?(?:sale mal|falla)"
    r"|en caso de (?:fallo|error|problema)s?|(?:wenn|falls) (?:etwas|es|was) schief\w*|im fehlerfall|bei problemen"
    r"|(?:plano?|plan) de (?:volta|vuelta|retorno|recuo|reversao|reversion|regreso)|recovery plan"
    r"|undo(?! (?:log|tablespace|segment|retention|record|histor|space|buffer))"
    r"|disaster recovery"
)
"""Going back, by whatever name."""
_TRIED: Final = (
    r"tests?|testing|testen|testar|teste|practi[sc]e|rehears\w*|drill|exercise|dry[ -]?run|simul\w+|ensai\w+"
    r"|ensay\w+|probar|prueba|proben?|uben|ubung|simulacro|generalprobe|testlauf"
)
_ARTICLES: Final = (
    r"(?:(?:of|for|the|a|an|our|your|that|do|da|de|del|la|el|o|os|as|um|una?|des|der|die|das|den|vom|beim) )*"
)
_NO_ROLLBACK: Final = _any(
    r"\b(?:prepar|readiness|ready|vorbereit|link|see |ver |siehe )",
    rf"\b(?:{_TRIED}) {_ARTICLES}(?:plan\w* )?{_ARTICLES}(?:{BACK})",
    rf"(?:{BACK})[ -](?:(?:plan|procedure|script|process|path|verfahren|skript)s?[ -])?(?:{_TRIED})\b",
    rf"\b(?:{BACK}) {_ARTICLES}(?:maintenance|freeze|read-only|modo|wartung|congelamento|bloqueio)",
)
"""Headings that name a way back and are none: it is tried, or something else is taken back."""
_SORTS: Final[tuple[tuple[Sort, re.Pattern[str]], ...]] = (
    (Sort.CONTACTS, _any(
        r"\bcontact", r"\bcontato", r"kontakt", r"ansprechpartner", r"escalat", r"eskalation", r"escalonamento",
        r"escalamiento", r"escalacao", r"on-?call (?:list|roster|contacts)", r"bereitschaft", r"telefon",
    )),
    (Sort.TRIGGERS, _any(
        r"trigger", r"gatilho", r"auslos(?:er|ende)", r"disparador", r"detonante",
        r"(?:when|if) (?:\w+ ){0,3}(?:roll|abort|revert|back)",
        rf"(?:scenarios?|escenarios?|cenarios?|szenari\w+|situac\w+|situations?) \w.*(?:{BACK})",
        r"quando (?:reverter|fazer|voltar|abortar|desfazer)", r"cuando (?:revertir|hacer|abortar|volver)",
        r"wann (?:wird )?(?:zuruck|abbrechen|abgebrochen|rollback)",
        rf"(?:{BACK}|no-?go|abort|abbruch\w*|cancel\w*|abortar|stopp?)[\s:–—-]+(?:\w+ )?(?:criteri|condi|threshold"
        rf"|decision|kriteri|entscheid|umbral|limit|bedingung)",
        rf"(?:criteri|condic|umbral|limite|limiar|decis)\w*(?: \w+)? (?:de|para|do|da|del|for|fur|to"
        rf"|zum) (?:\w+ )?(?:{BACK}|abort\w*|cancel\w*)",
        r"abbruchkriteri", r"abbruchbeding", r"ruckfallkriteri", r"decision matrix", r"matriz de decis",
        r"entscheidungsmatrix",
    )),
    (Sort.TEAM, _any(
        r"^(?:the )?(?:team|people|roles?|raci|who|participants|stakeholders|responsib)\b", r"\bresponsibilit",
        r"^equipe\b", r"^equipo\b", r"responsabil", r"^responsaveis", r"^responsables", r"^papeis", r"^pessoas",
        r"^personas", r"^participantes", r"^rollen", r"zustandigkeit", r"verantwortlich", r"^beteiligte",
        r"^mitwirkende", r"teilnehmer",
    )),
    (Sort.WINDOW, _any(
        r"(?:maintenance|change|deployment|migration|cutover) window", r"^window$", r"\bjanela\b", r"\bventana\b",
        r"^(?:when|wann|quando|cuando|termin|date(?: and time)?|datum|zeitpunkt|data(?: e hora(?:rio)?)?"
        r"|fecha(?: y hora)?|schedule[d]? for)$", r"wartungsfenster", r"wartungszeit", r"zeitfenster",
        r"change-?fenster",
    )),
    (Sort.MILESTONES, _any(
        r"milestone", r"^marcos\b", r"\bmarcos$", r"^hitos\b", r"meilenstein", r"^time-?line", r"^time ?table",
        r"^schedule", r"cronograma", r"cronologia", r"zeitplan", r"zeitachse", r"^agenda$", r"ablaufplan",
        r"^linha do tempo", r"^linea de tiempo", r"^horarios?$",
    )),
    (Sort.METRICS, _any(
        r"metric", r"metrica", r"kennzahl", r"messgross", r"metrik", r"success criteria", r"exit criteria",
        r"criterios? de (?:exito|sucesso|aceit|acept|saida)", r"erfolgskriteri", r"abnahmekriteri", r"\bslos?\b",
        r"\bkpis?\b", r"acceptance criteria", r"\bthresholds?\b", r"\bumbrales\b", r"\blimiares\b", r"grenzwert",
        r"schwellwert", r"schwellenwert", r"definition of done",
    )),
    (Sort.INFO, _any(
        r"^(?:overview|background|context|summary|tl;?dr|purpose|scope|out of scope|description|introduction"
        r"|intro|goals?|objectives?|notes?|remarks?|references?|links?|resources|related|risks?|assumptions?"
        r"|glossary|appendix|change ?log|revision history|version history|document history|history|versions?"
        r"|faq|table of contents|contents|about|legend|impact|known issues|how to use|metadata|architecture"
        r"|motivation|rationale|affected)\b",
        r"^(?:resumo|visao geral|contexto|objetivos?|escopo|descricao|introducao|notas?|observac\w*"
        r"|referenc\w*|riscos?|premissas|glossario|anexos?|historico|sumario|indice|sobre|legenda|impacto"
        r"|finalidade|proposito|arquitetura)\b",
        r"^(?:resumen|vision general|antecedentes|alcance|descripcion|introduccion|observaciones|riesgos?"
        r"|supuestos|leyenda|historial|proposito|enlaces|acerca)\b",
        r"^(?:uberblick|ubersicht|hintergrund|kontext|zusammenfassung|zweck|ziele?|umfang|beschreibung"
        r"|einleitung|einfuhrung|notizen|hinweise?|anmerkung\w*|verweise|referenzen|risiken|annahmen|glossar"
        r"|anhang|anderungshistorie|inhalt|inhaltsverzeichnis|legende|auswirkung\w*|bemerkung\w*"
        r"|dokumenthistorie|links)\b",
    )),
)  # fmt: skip


@lru_cache(4096)
def sort_of(heading: str) -> Sort:
    """What stands below a heading of that title (without number and pictures)."""
    text = fold(heading)
    for sort, words in _SORTS:
        if words.search(text) and not (sort is Sort.WINDOW and _BESIDE_WINDOW.search(text)):
            return sort
        if sort is Sort.TRIGGERS and _ROLLBACK.search(text) and not _NO_ROLLBACK.search(text):
            return Sort.ROLLBACK
    return Sort.STEPS


_BESIDE_WINDOW: Final = _any(
    r"\b(?:before|during|after|in|within|antes|durante|depois|apos|despues|na|en|vor|nach"
    r"|im|wahrend)\b"
)
_ROLLBACK: Final = re.compile(rf"\b(?:{BACK})\b")
OPTION: Final = re.compile(
    r"^(?:option|opcao|opcion|alternativ\w*|variante?|variant|path|caminho|camino|method|metodo"
    r"|weg)\s*(?:#\s*)?(?:\d{1,2}|[a-d]|[ivx]+)\b"
)
"""A heading or an item of one of several ways, of which one is chosen."""
STEP_HEADING: Final = re.compile(rf"^\W*(?:{STEP_WORDS}|action|aktion)\s*(?:#|n[ro]\.?\s*)?\d+")
PHASE_HEADING: Final = re.compile(
    rf"^\W*(?:{PART_WORDS})"
    r"\s*(?:#|n[ro]\.?\s*)?(?:\d{1,2}|[ivx]{1,4})\b\s*(?:[:.)–—-]|$)"
)
"""A line of its own that is a heading without a heading's mark."""
EXPECTED: Final = re.compile(
    r"^(?:expected(?: results?| output| outcome)?|expect|should (?:return|show|be|print)|result|output|erwartet\w*"
    r"|erwartung|ergebnis|soll"
    r"|esperado|esperada|resultado(?: esperado)?|saida(?: esperada)?|salida(?: esperada)?|debe(?:ria)? \w+|deve \w+"
    r"|espera-se|se espera"
    r"|erwartetes ergebnis|verify|pass(?: criteria)?|criterio|criteria|kriterium|sollergebnis)\s*[:=→-]\s*(?=\S)"
)
"""What stands before the result that is awaited."""


def is_way_back(text: str) -> bool:
    """Whether a text speaks of going back."""
    folded = fold(text)
    return re.search(BACK, folded) is not None and _NO_ROLLBACK.search(folded) is None


class Label(StrEnum):
    """What a line `label: text` tells."""

    OWNER = "owner"
    DURATION = "duration"
    WINDOW = "window"
    BEGINS = "begins"
    ENDS = "ends"
    BUFFER = "buffer"
    TIMEZONE = "timezone"
    TITLE = "title"
    COMMAND = "command"
    ROLLBACK = "rollback"


WINDOW_LABELS: Final = {Label.WINDOW, Label.BEGINS, Label.ENDS, Label.BUFFER, Label.TIMEZONE}
"""Those that tell when all of it is carried out, wherever they stand."""
_DATE_TIME: Final = (
    r"(?:data|fecha|date|datum)(?:\W+(?:(?:e|y|and|und) )?(?:hora|time|zeit|uhrzeit)\w*)?(?: de| do| of)?"
)
_LABELS: Final[tuple[tuple[Label, re.Pattern[str]], ...]] = (
    (Label.BUFFER, _any(
        r"\bbuffer\b", r"\bpuffer", r"margem", r"margen", r"\bcolchon\b", r"reserv", r"\bfolga\b",
    )),
    (Label.DURATION, _any(
        r"^(?:est(?:imated)?\.? )?(?:total )?(?:duration|time|runtime)(?: estimate| required| needed)?$",
        r"\bduration\b", r"^timeline$", r"^time ?(?:estimate|box)$", r"^eta$", r"^estimate$", r"^estimated$",
        r"estimativa", r"\bduracao\b", r"\bduracion\b", r"\bdauer\b", r"^tempo(?: estimado| total| previsto)?$",
        r"^tiempo(?: estimado| total| previsto)?$", r"^zeitbedarf$", r"^zeit$", r"^aufwand$", r"^prazo$",
        r"^expected downtime$", r"^downtime$",
    )),
    (Label.TIMEZONE, _any(
        r"time ?zone", r"fuso", r"zona horaria", r"zeitzone", r"^tz$", r"^zona$", r"^zone$", r"^huso",
    )),
    (Label.BEGINS, _any(
        rf"^{_DATE_TIME} (?:inicio|start|beginn)\b",
        r"^(?:planned |scheduled )?(?:start|begin|opens?)(?:s|ing)?(?: time| at| date)?$", r"^inicio", r"^comeco",
        r"^abertura", r"^beginn?", r"^startzeit", r"^comienzo",
        r"^hora(?:rio)?(?: (?:de )?inicio)?$", r"^uhrzeit$", r"^date(?: and time)?$",
        r"^data(?: e hora)?$", r"^fecha(?: y hora)?$", r"^datum", r"^when$", r"^quando$", r"^cuando$", r"^wann$",
        r"^termin$", r"^(?:planned|scheduled)(?: date| for)?$",
    )),
    (Label.ENDS, _any(
        rf"^{_DATE_TIME} (?:termino|fim|fin|end|ende)\b",
        r"^(?:planned )?(?:end|finish|close)s?(?: time| at)?$", r"^fim\b", r"^termino", r"^fin\b", r"^ende\b",
        r"^endzeit", r"^cierre",
    )),
    (Label.WINDOW, _any(
        r"window$", r"^janela", r"^ventana", r"fenster$", r"^wartungsfenster",
    )),
    (Label.OWNER, _any(
        r"^(?:step |task )?owners?$", r"^responsible", r"^responsavel", r"^responsable", r"^verantwortlich",
        r"^zustandig", r"^assignee", r"^assigned to$", r"^dono$", r"^executor", r"^ejecutor", r"^durchfuhrung",
        r"^ausfuhrende", r"^who$", r"^quem$", r"^quien$", r"^wer$", r"^bearbeiter", r"^dri$", r"^operator$",
        r"^executed by$", r"^role$", r"^rolle$",
    )),
    (Label.TITLE, _any(
        r"^(?:title|titulo|titel|change|mudanca|cambio|anderung|name|nome|nombre)$",
    )),
    (Label.ROLLBACK, re.compile(rf"^(?:{BACK})(?: steps?| command| script)?$")),
    (Label.COMMAND, _any(
        r"^(?:command|cmd|run|comando|befehl|kommando|execute|executar|ejecutar|ausfuhren|sql|script"
        r"|query)s?$",
    )),
)  # fmt: skip


@lru_cache(4096)
def label_of(text: str) -> Label | None:
    """What a label (without its colon) tells; None for any other."""
    folded = fold(text).strip(" .:")
    if len(folded) > 40:
        return None
    return next((label for label, words in _LABELS if words.search(folded)), None)


class TableColumn(StrEnum):
    """What a column of a table holds."""

    BACK = "back"
    PHASE = "phase"
    TITLE = "title"
    NUMBER = "number"
    OWNER = "owner"
    DURATION = "duration"
    START = "start"
    COMMAND = "command"
    FILE = "file"
    STATUS = "status"
    EXPECTED = "expected"
    ROLE = "role"
    NAME = "name"
    CONTACT = "contact"
    METRIC = "metric"
    LIMIT = "limit"
    CONDITION = "condition"
    DECISION = "decision"


_COLUMNS: Final[tuple[tuple[TableColumn, re.Pattern[str]], ...]] = (
    (TableColumn.BACK, re.compile(rf"^(?:{BACK})(?: steps?| commands?| scripts?| plan| action| sql)?$")),
    (TableColumn.NUMBER, _any(
        r"^(?:#|no\.?|nr\.?|n[º°o]\.?|num(?:ber|ero)?|nummer|order|ordem|orden|reihenfolge|seq\w*|id|pos\.?"
        r"|step #|lfd\.? ?nr\.?|step no\.?)$",
    )),
    (TableColumn.STATUS, _any(
        r"^(?:status|go\??|estado|done\??|feito\??|hecho\??|erledigt\??|ok\??|✓|✅|☑|☐|\[ ?\]|complete[d]?\??"
        r"|concluid\w*|state|situacao|fertig|haken)$",
    )),
    (TableColumn.EXPECTED, _any(
        r"expected", r"esperad", r"erwart", r"^result", r"^output", r"verification", r"verificac", r"^soll",
        r"^ergebnis", r"success criteria",
    )),
    (TableColumn.DURATION, _any(
        r"duration", r"duracao", r"duracion", r"dauer", r"^est\b\.?", r"estimat", r"estimad", r"^tempo", r"^tiempo",
        r"^minutes?$", r"^min\.?$", r"zeitbedarf", r"^prazo", r"^time \(min",
    )),
    (TableColumn.START, _any(
        r"^(?:start|begin|when|time|t[+±-]|inicio|hora|horario|quando|cuando|wann|zeit|uhrzeit|beginn"
        r"|startzeit|t|offset|at)(?: time| \(.*\)|punkt)?$",
        r"zeitpunkt",
    )),
    (TableColumn.CONTACT, _any(
        r"contact", r"contat", r"kontakt", r"phone", r"tele?fone?", r"slack", r"e-?mail", r"celular", r"movil",
        r"handy", r"channel", r"canal", r"kanal", r"erreichbar",
    )),
    (TableColumn.OWNER, _any(
        r"owner", r"responsible", r"responsav", r"responsab", r"verantwort", r"zustandig", r"^who$", r"^quem$",
        r"^quien$", r"^wer$", r"assignee", r"^executor", r"^ejecutor", r"^team$", r"^equipe$", r"^equipo$", r"^dri$",
        r"^by$", r"bearbeiter", r"operator",
    )),
    (TableColumn.ROLE, _any(
        r"^roles?$", r"^funcao", r"^funcion$", r"^papel",
        r"^rol$", r"^rolle$", r"^funktion$", r"^function$", r"^cargo$",
        r"^area$",
    )),
    (TableColumn.COMMAND, _any(
        r"command", r"comando", r"befehl", r"kommando", r"^cmd", r"^sql", r"^run$", r"^query", r"^consulta",
        r"^abfrage",
    )),
    (TableColumn.FILE, _any(
        r"^files?(?: ?name)?$", r"^arquivo", r"^archivo", r"^fichero", r"^datei", r"script",
        r"^migration(?: file)?$", r"^skript",
    )),
    (TableColumn.METRIC, _any(
        r"metric", r"metrica", r"kennzahl", r"metrik", r"indicator", r"indicador", r"^kpi", r"^slo$", r"messgross",
        r"^sli$",
    )),
    (TableColumn.LIMIT, _any(
        r"threshold", r"limit", r"umbral", r"limiar", r"schwell", r"grenz", r"^target$", r"^meta$", r"^objetivo$",
        r"^ziel(?:wert)?$", r"^goal$",
    )),
    (TableColumn.CONDITION, _any(
        r"condition", r"condicao", r"condicion", r"bedingung", r"symptom", r"sintoma", r"^if\b", r"^se\b", r"^si\b",
        r"^wenn\b", r"situation", r"situacao", r"situacion", r"trigger", r"gatilho", r"disparador", r"auslos",
        r"^event$", r"^evento$", r"^ereignis$", r"^problem", r"szenario", r"scenario", r"cenario", r"escenario",
        r"^failure", r"^falha", r"^fallo", r"^fehler",
    )),
    (TableColumn.DECISION, _any(
        r"decision", r"decisao", r"entscheidung", r"^then\b", r"^dann\b", r"^entonces", r"^entao", r"reaction",
        r"reacao", r"massnahme", r"^response$", r"^acao$", r"^accion$", r"^aktion$", r"^action$",
    )),
    (TableColumn.NAME, _any(
        r"^names?$", r"^nomes?$", r"^nombres?$", r"^person", r"^pessoa", r"^persona", r"^titular",
    )),
    (TableColumn.TITLE, _any(
        r"step", r"task", r"action", r"activity", r"what", r"description", r"item", r"etapa", r"passo", r"tarefa",
        r"acao", r"atividade", r"descricao", r"paso", r"tarea", r"accion", r"actividad", r"descripcion", r"schritt",
        r"aufgabe", r"aktion", r"aktivitat", r"tatigkeit", r"beschreibung", r"massnahme", r"^o que", r"^que$",
        r"^was$", r"milestone", r"marco", r"hito", r"meilenstein", r"^phase$", r"^fase$", r"check", r"verificacao",
        r"prufung", r"change", r"purpose", r"zweck", r"vorgang",
    )),
)  # fmt: skip


@lru_cache(4096)
def column_of(header: str) -> TableColumn | None:
    """What a column with that header holds; None for what goes into the details."""
    folded = fold(header).strip(" :*")
    return next((column for column, words in _COLUMNS if words.search(folded)), None)


_COMMON: Final = {
    "en": "the and of to is for with before after run check backup from on all are database verify that when if",
    "pt": "de do da e o os as em para com não antes após apos executar verificar dos das banco confirmar no na um uma "
          "dados migração equipe janela preparação depois etapa avisar parar reversão aplicação",
    "es": "de del la el los las y en para con no antes después despues ejecutar verificar base comprobar un una datos "
          "migración al equipo ventana preparación paso avisar parar aplicación revertir copia durante",
    "de": "der die das und ist mit vor nach von für nicht den dem im auf ein eine prüfen wird datenbank durchführen "
          "alle zu schritt sicherung keine uhr minuten stunde prüfung vorbereitung anwendung vorhanden wartung anlegen "
          "einspielen fehler möglich wann wer durch aus an um bei schritte neue zurück",
}  # fmt: skip


_LETTERS: Final = {"pt": "ãõç", "es": "ñ¿¡", "de": "äöüß"}
"""Letters that the others do not have: where a list has few common words they tell it."""


def language_of(text: str) -> str:
    """`en`, `pt`, `es` or `de`: whose common words a text has most of."""
    scores = _scores(text)
    return max(scores, key=lambda language: (scores[language], language == "en"))


def thousands_of(text: str) -> str:
    """The sign between thousands in the language of a text; empty where its words do not tell that one."""
    scores = _scores(text)
    english, others = scores.pop("en"), max(scores.values())
    return "" if english == others else "," if english > others else "."


def _scores(text: str) -> dict[str, int]:
    counted = Counter(re.findall(r"[^\W\d_]+", text[:60_000].lower()))
    scores = {language: sum(counted[word] for word in words.split()) for language, words in _COMMON.items()}
    for language, letters in _LETTERS.items():
        scores[language] += sum(any(letter in word for letter in letters) for word in counted)
    return scores
