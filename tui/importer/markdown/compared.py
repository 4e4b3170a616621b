"""Comparisons in sentences: `must not exceed 70%`, `não deve passar de 5 s`, `darf nicht über 70 % steigen`, each with
what its negation makes of it. What is not certain is a doubt and never a guess. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tui.importer.markdown.inline import fold
from tui.importer.markdown.numbers import NUMBER, NumberStyle, read_number


class Bound(StrEnum):
    """On which side of its limit a value is."""

    BELOW = "below"
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"
    EQUALS = "equals"


OPPOSITE: Final = {
    Bound.BELOW: Bound.AT_LEAST, Bound.AT_LEAST: Bound.BELOW, Bound.ABOVE: Bound.AT_MOST, Bound.AT_MOST: Bound.ABOVE,
}  # fmt: skip
"""What holds where the other does not."""


@dataclass(frozen=True, slots=True)
class SaidComparison:
    """`bound`: with its negation; `turned`: whether it has one. `number`: with a point before its decimals. `unit`: as
    it is written, folded; `apart`: behind a space. `plain`: said by a sign, or by a word that tells what must not be
    as often as what must. `rest`: what stands behind it."""

    bound: Bound
    number: str
    unit: str
    apart: bool
    plain: bool
    turned: bool
    rest: str


class Doubtful(Exception):
    """A sentence that may mean one thing or another. `number`: the one that may be read in two ways, if that is why."""

    def __init__(self, number: str = "") -> None:
        super().__init__(number)
        self.number = number


_SIGNS: Final = str.maketrans(
    {"⩽": "≤", "≦": "≤", "⩾": "≥", "≧": "≥", "≯": "≤", "≮": "≥", "≰": ">", "≱": "<", "’": "'"}
)
_WORDS: Final[tuple[tuple[Bound, tuple[str, ...]], ...]] = (
    (Bound.AT_MOST, (
        "<=", "≤", "=<", "(?:less|lower|smaller) than or equal(?: to)?", "kleiner(?: oder)? gleich",
        "(?:menor(?:es)?|inferior(?:es)?) (?:ou|o) igua(?:l|is|les) (?:a|al|que)",
        "at or (?:below|under)", "up to", "at most", "at the most",
        "(?<![0-9])(?<![0-9] )max(?:imum|imal|imo|imos)?\\.?(?: of)?",
        "within", "hochstens", "ate", "hasta", "bis(?: zu)?", "no maximo", "como maximo", "a lo sumo",
    )),
    (Bound.AT_LEAST, (
        ">=", "≥", "(?:more|greater|higher) than or equal(?: to)?", "grosser(?: oder)? gleich",
        "wenigstens", "(?:maior(?:es)?|mayor(?:es)?|superior(?:es)?) (?:ou|o) igua(?:l|is|les) (?:a|al|que)",
        "at or (?:above|over)", "at least",
        "(?<![0-9])(?<![0-9] )min(?:imum|imal|imo|imos)?\\.?(?: of)?", "mindestens", "pelo menos",
        "ao menos", "no minimo", "al menos", "por lo menos", "como minimo",
    )),
    (Bound.BELOW, (
        "<", "under", "below", "beneath", "(?:less|lower|smaller|fewer|faster|shorter) than",
        "(?:menor(?:es)?|inferior(?:es)?) (?:do que|que|aos?|al?|del?)", "menos (?:do que|que|del?)",
        "abaixo (?:de|dos?)",
        "(?:por )?debajo (?:de|del)", "unter", "unterhalb(?: von)?",
        "(?:weniger|kleiner|niedriger|geringer|kurzer) als",
        "unterschreite[nt]",
    )),
    (Bound.ABOVE, (
        ">", "over", "above", "beyond", "(?:more|greater|higher|larger|bigger|longer|slower) than",
        "exceed(?:s|ing|ed)?",
        "surpass(?:es|ing)?", "(?:maior(?:es)?|superior(?:es)?|mayor(?:es)?) (?:do que|que|aos?|al?|del?)",
        "mais (?:do que|que|de)", "mas (?:del?|que)", "acima (?:de|dos?)", "(?:por )?encima (?:de|del)",
        "ultrapass\\w+", "exced\\w+",
        "super(?:ar|a|an|e|en|em|ando|ou)", "sobrepas\\w+", "rebas\\w+", "pass(?:ar|a|am|e|em|ando|ou) (?:de|dos?)",
        "pas(?:ar|a|an|e|en|ando) (?:de|del)", "uber", "oberhalb(?: von)?",
        "(?:mehr|grosser|hoher|langer|langsamer) als", "uberschreite[nt]", "ubersteig(?:t|en)", "ubertrifft",
    )),
    (Bound.EQUALS, ("==?", "(?<![0-9]):")),
)  # fmt: skip
"""How people say on which side of a limit something is, in four languages; of two that fit the earlier."""
_FILL: Final = (
    "~|≈|the|of|a|as|os|o|an|de|do|dos|del|los|las|el|la|um valor de|un valor de|einen wert von|about|around|ca\\."
    "|approx\\.|approximately|cerca de|etwa|rund|aproximadamente|nie|niemals|nicht"
)


def _alternatives(words: tuple[str, ...]) -> str:
    return "|".join(rf"(?<!\w){word}(?!\w)" if re.search(r"[a-z]", word) else word for word in words)


_ANY: Final = "|".join(f"(?P<{bound}>{_alternatives(words)})" for bound, words in _WORDS)
_UNIT: Final = r"(?P<unit>%|[^\W\d_]+)?"
_COMPARED: Final = re.compile(
    rf"(?:{_ANY})\s*(?P<fill>(?:(?:{_FILL})\s*(?<!\w)|(?:{_FILL})\s+){{0,3}})(?P<number>{NUMBER})(?P<gap>\s?){_UNIT}"
)
_BEHIND: Final = re.compile(
    rf"(?<![\w.,])(?P<number>{NUMBER})(?P<gap>\s?){_UNIT}\s+(?:(?P<at_most>(?:or|ou|o|oder) (?:less|below|under|lower"
    r"|fewer|faster|menos|menor|inferior|weniger|niedriger|schneller)|max(?:imum|imal|imo)?|at most|at the most"
    r"|no maximo|como maximo)"
    r"|(?P<at_least>(?:or|ou|o|oder) (?:more|above|over|higher|greater|mais|mas|maior|mayor|mehr|hoher)"
    r"|min(?:imum|imal|imo)|at least|no minimo|como minimo))(?!\w|\s*[0-9])"
)
"""`70% or less`, `200 ms max`."""
_VERB_LAST: Final = re.compile(
    rf"(?<![\w.,])(?P<number>{NUMBER})(?P<gap>\s?){_UNIT}\s+(?P<not>(?:nicht|nie|niemals)\s+)?(?:zu\s+)?"
    r"(?:(?P<above>uberschreiten|uberschreitet|ubersteigen|ubersteigt)|(?P<below>unterschreiten|unterschreitet))(?!\w)"
)
"""`darf 70 % nicht überschreiten`."""
_NOT: Final = re.compile(
    r"(?<!\w)(?:not|never|cannot|\w+n't|no|without|nao|nunca|jamais|sem|jamas|sin|nicht|nie|niemals|ohne|kein\w*)(?!\w)"
)
_NOT_BEHIND: Final = re.compile(
    r"\s*(?:nicht|nie|niemals) (?:steigen|fallen|sinken|liegen|sein|werden|gehen|kommen|bleiben)(?!\w)"
)
"""`soll über 70 % nie steigen`."""
_IN_THE: Final = re.compile(r"(?<!\w)no(?= (?!debe|puede|more|less|super|exced|pas|mas|menos|deve|pode|hay|ha)\w)")
"""In Portuguese no negation."""
_BETWEEN: Final = re.compile(
    r"(?:\s|(?<!\w)(?:must|may|should|shall|can|could|will|would|be|been|being|go|goes|going|get|gets|rise|rises|climb"
    r"|climbs|drop|drops|fall|falls|dip|dips|stay|remain|ever|to|is|are|does|do|allowed|deve|devem|pode|podem|deveria"
    r"|ser|seja|sejam|sea|sean|sera|seran|baje|suba|fique|caia|betragen|estar|ficar|fica|ficam|passar|passa|ir|subir|sobe|cair|cai|caia|chegar|a|se|debe|deben|puede|pueden|deberia"
    r"|quedar|pasar|pasa|sube|caer|cae|bajar|baja|baje|llegar|haber|va|van|vai|vao|darf|durfen|soll|sollte|sollen|muss|kann|wird|werden"
    r"|ist|sind|sein|liegen|liegt|steigen|steigt|fallen|fallt|sinken|sinkt|zu|auf|um|nunca|de|¤)(?!\w))*"
)
"""What may stand between a negation and what it turns round; `¤` is what is measured."""
_DOUBTFUL: Final = re.compile(
    r"(?<!\w)(?:neither|nor|weder|noch|nem|ni|tampouco|tampoco|hardly|rarely|seldom|barely|almost|nearly|kaum|selten|fast"
    r"|raramente|quase|casi|apenas|between|entre|zwischen|unless|except|excepto|exceto|salvo|ausser|sofern|instead"
    r"|avoid\w*|prevent\w*|evit\w+|imped\w+|vermeid\w+|verhinder\w+|forbid\w*|forbidden|prohib\w*|proib\w*|verbot\w*"
    r"|fails? to|deixar de|dejar de|unaccept\w*|inaceit\w+|inacept\w+|unzulassig|increas\w+|aument\w+|crescimento"
    r"|growth"
    r"|incremento|anstieg|erhoh\w+|by (?:more|less|at|over|up)|(?:em|en) (?:mais|mas|menos) d[eo]|um (?:mehr|weniger)"
    r"|baseline|linha de base|linea base|basiswert|normal\w*|usual|vorher|previous\w*|before|pontos|puntos|points"
    r"|prozentpunkte|free|idle|livres?|libres?|frei\w*|available|disponive\w+|disponible\w*|verfugbar|ocios[ao]s?)(?!\w)"
    r"|!=|<>|(?<![<>=])=>"
)
"""Words that turn round, or set against something else, what the rest of a sentence says."""
_RANGE: Final = re.compile(r"\s*(?:%|[^\W\d_]{1,8})?\s*(?:-|–|—|±|\+/-|to|a|ate|hasta|bis|and|e|y|und|/)\s*[0-9]")
_REVERSED: Final = re.compile(r"[0-9]\s*(?:%|[^\W\d_]{1,8})?\s*(?:[<>]=?|≤|≥)\s*(?:¤|[^\W\d_])")
_ODD: Final = re.compile(r"[0-9][²³¹⁰⁴-⁹]|[½¼¾⅓⅔]|[0-9]⁄|[≠]")
_MANY: Final = re.compile(
    r"\s*(?:mil|thousand|tausend|million\w*|millon\w*|milh\w+|mio|k|m|bn|billion\w*|dozen|times|vezes|veces|mal|fach|x)(?!\w)"
)
_CLOCK: Final = re.compile(r":[0-9]")
_SURE_UNITS: Final = ("%", "ms", "mil")


def prepared(text: str) -> str:
    """A text as it is compared with words. Raises Doubtful for signs that are lost by that."""
    if _ODD.search(text):
        raise Doubtful
    return fold(text.translate(_SIGNS))


def compare(clause: str, style: NumberStyle) -> list[SaidComparison]:
    """The comparisons of a prepared clause in which `¤` stands for what is measured. Raises Doubtful where a sentence
    may mean something else, or a number may."""
    found: list[SaidComparison] = []
    turned = 0
    taken: list[tuple[int, int]] = []
    for pattern in (_VERB_LAST, _BEHIND, _COMPARED):
        for match in pattern.finditer(clause):
            spot = match.span("number")
            bound = next(Bound(name) for name in Bound if match.groupdict().get(name))
            if spot in taken:
                if bound is not Bound.EQUALS:
                    raise Doubtful
                continue
            taken.append(spot)
            negations = _negated(clause, match, last=pattern is _VERB_LAST)
            turned += negations
            if negations and (bound not in (Bound.ABOVE, Bound.BELOW) or negations > 1):
                raise Doubtful
            plain = not negations and (bound in (Bound.ABOVE, Bound.BELOW) or match[0][0] in "<>=≤≥")
            unit = match["unit"] or ""
            if _RANGE.match(clause, spot[1]) or _MANY.match(clause, spot[1]) or _CLOCK.match(clause, spot[1]):
                raise Doubtful
            number = read_number(match["number"], style)
            doubtful = style.language == "es" and not unit.startswith(_SURE_UNITS) and unit[:1] in ("s", "m", "h")
            if number is None or (doubtful and re.search(r"[.,]", match["number"]) and "." not in number):
                raise Doubtful(match["number"])
            bound = OPPOSITE[bound] if negations else bound
            rest = clause[match.end() :]
            found.append(SaidComparison(bound, number, unit, bool(match["gap"]), plain, bool(negations), rest))
    if not found:
        if "¤" in clause and _REVERSED.search(clause):
            raise Doubtful
        return []
    if _DOUBTFUL.search(clause) or _REVERSED.search(clause) or negations_in(clause, style) != turned:
        raise Doubtful
    return found


def negations_in(clause: str, style: NumberStyle) -> int:
    """How many words of a clause negate."""
    bare = re.sub(r"(?<!\w)no (?:maximo|minimo)(?!\w)", "", clause)
    return len(_NOT.findall(_IN_THE.sub("", bare) if style.language == "pt" else bare))


def _negated(clause: str, match: re.Match[str], *, last: bool) -> int:
    """How many words turn a comparison round: those in it, and one before it that belongs to it."""
    inner = len(_NOT.findall(match.groupdict().get("fill") or "")) + bool(match.groupdict().get("not"))
    inner += _NOT_BEHIND.match(clause, match.end()) is not None
    before = [one for one in _NOT.finditer(clause, 0, match.start()) if one.end() <= match.start()]
    if not before or not _BETWEEN.fullmatch(clause, before[-1].end(), match.start()):
        return inner
    return inner + 1
