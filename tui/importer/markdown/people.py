"""Who does what: owners in brackets, after a sign, or by a label. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.inline import PICTURE, fold, unmarked, without_code
from tui.importer.markdown.vocabulary import Label, Sort, label_of, sort_of

_ROLES: Final = re.compile(
    r"^(?:sr\.? |senior |lead |1st |2nd |primary |backup )?(?:dbas?|devops|marketing|comercial|vendas|ventas|sales"
    r"|vertrieb|financeiro|finanzas|finance|finanzen|legal|juridico|sre|qa|qs|dev|devs|ops|dev ?lead"
    r"|tech ?lead|team ?lead|teamleit\w+|po|pm|pmo|cab|noc|infra(?:structure)?|infraestructura|infraestrutura"
    r"|platform|plattform|backend|frontend|back-end|front-end|app(?:lication)? team|support|suporte|soporte|security"
    r"|seguranca|seguridad|sicherheit"
    r"|on-?call|release (?:manager|engineer)|incident (?:manager|commander)|change manager|product(?: owner)?"
    r"|operations|operacoes|operaciones|betrieb"
    r"|entwicklung|desenvolvimento|desarrollo|development|developers?|engineers?|engineering|business|negocio"
    r"|fachbereich|redes|network|netzwerk|sysadmin|sistemas"
    r"|db[ -]?team|data team|dados|datos|comms|communications?|comunicacao|comunicacion|kommunikation|gestor\w*"
    r"|implementer|approver|reviewer|coordinator|executor|ejecutor|aprobador|aprovador|revisor|durchfuhrende[r]?"
    r"|freigeber\w*|koordinator\w*|coordinador\w*|coordenador\w*|lead"
    r"|manager|gerente|lider|leiter|leitung|analista|arquit\w+|datenbank\w*"
    r"|equipe \w+|equipo(?: de)? \w+|team \w+|time \w+)"
    r"(?:\s*(?:\+|/|&|,|und|and|e|y)\s*\w[\w -]{0,30})?$"
)
_BRACKETS: Final = re.compile(r"\(([^()]{2,60})\)|\[([^\[\]]{2,60})\](?!\()|\{([^{}]{2,40})\}")
_MENTION: Final = re.compile(
    r"(?:(?<=^)|(?<=[\s(\[{,;:*_>–—-]))@(?!(?:here|channel|all|everyone|everybody|group|room|todos|todas|alle|latest|daily"
    r"|hourly|weekly|monthly|yearly|reboot|midnight)\b)([A-Za-z](?:[\w.-]{0,38}\w)(?:/[\w.-]{1,38}\w)?)(?![\w@:/=('])"
)
"""`@ana`; not everybody, and nothing of an address or a format."""
_NO_PEOPLE: Final = re.compile(
    r"\S+://\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)'[^']*'|(?<!\w)\"[^\"]*\"|\S*\.(?:sql|psql|sh|py|ya?ml|json|txt|md)(?!\w)"
)
"""Addresses, what is quoted, files."""
_NAMED: Final = re.compile(
    r"(?:^|[-–—|;(,.\[]\s*)(?:\*\*|_)?(?P<label>owner|responsible|resp\.|assignee|responsavel|responsável"
    r"|responsable|verantwortlich|zuständig|zustaendig|who|quem|quién|quien|wer|dri)"
    r"(?:\*\*|_)?\s*[:=]\s*(?:\*\*|_)?\s*(?P<who>[^\s|;()\[\]][^|;()\[\]]{0,58}?)(?=[\])|;.*_]|\s[-–—]\s|,|$)",
    re.IGNORECASE,
)


_PERSON: Final = re.compile(r"[^\W\d_a-zß-ÿ][\w'’-]*\.?(?:\s+(?:d[aeo]s?|von|van|del|[^\W\d_a-zß-ÿ][\w'’-]*\.?)){1,4}")


@dataclass(slots=True)
class Team:
    """The roles that a checklist names, in the order of their first mention."""

    members: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the folded role: keys of the plan's team."""
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, role: str, number: int = 0, **keys: str) -> str:
        """The role as the plan has it, which is that of its first mention; what is told of it is added."""
        shown = " ".join(role.split())
        if not keys and (known := self.person(shown)):
            return known
        member = self.members.setdefault(fold(shown), {"role": shown})
        if number:
            self.numbers.setdefault(fold(shown), number)
        for key, value in keys.items():
            if value and value != member.get(key):
                member[key] = f"{member[key]}; {value}" if member.get(key) else value
        return member["role"]

    def knows(self, role: str) -> bool:
        return fold(" ".join(role.split())) in self.members or bool(self.person(role))

    def person(self, who: str) -> str:
        """The role of the only person of that name or first name; empty where none is, or several are."""
        wanted = fold(" ".join(who.split()))
        if not wanted or wanted in self.members or _ROLES.match(wanted):
            return ""
        brief = re.fullmatch(r"\w{2,} \w\.?", wanted)
        roles = {
            member["role"]
            for member in self.members.values()
            for name in _names(member)
            if wanted in (name, name.partition(" ")[0]) or (brief is not None and name.startswith(brief[0].rstrip(".")))
        }
        return roles.pop() if len(roles) == 1 else ""


LONGEST: Final = 400
"""Characters of a line that may be nothing but people."""
_PAIRED: Final = re.compile(
    r"\s*(?P<name>[^(),;:|]{3,40}?)\s*\((?P<role>[^()]{2,40})\)\s*(?:[,;|]|$|(?:and|und|e|y)\s)"
)


def know_people(text: str, number: int, team: Team) -> None:
    """Take in a line that is nothing but people with their roles: `Ana Prado (DBA), Tom Weber (SRE)`."""
    if len(text) > LONGEST or text.count("(") < 2:
        return
    bare = PICTURE.sub("", unmarked(text)).strip(" -*>.")
    label = re.match(r"([^\W\d_][^:?(),]{1,24})[:?]\s+", bare)
    bare = bare[label.end() :] if label is not None else bare
    named = label is not None and (sort_of(label[1]) is Sort.TEAM or label_of(label[1]) is Label.OWNER)
    pairs = list(_PAIRED.finditer(bare))
    if len(pairs) < 2 or sum(len(pair[0]) for pair in pairs) < len(bare):
        return
    if all(
        (is_person(pair["name"].strip()) or (named and pair["name"].strip()[:1].isupper()))
        and not times.duration(pair["role"])
        for pair in pairs
    ):
        for pair in pairs:
            team.add(pair["role"].strip(), number, name=pair["name"].strip())


def is_person(text: str) -> bool:
    """Whether a text looks like the name of a person."""
    return _PERSON.fullmatch(text) is not None


def _names(member: dict[str, str]) -> list[str]:
    """The folded names of the people who have a role; of a role that is a person's name its own."""
    duty = member.get("duty", "")
    # `App: Ana`: a word that turns out to be somebody's name.
    alone = duty if re.fullmatch(r"[^\W\d_a-zß-ÿ][\w'’-]+", duty) else ""
    text = member.get("name", "") or alone or (member["role"] if is_person(member["role"]) else "")
    return [fold(" ".join(name.split())) for name in re.split(r"[;,/&+]|\s(?:and|und|e|y)\s", text) if name.strip()]


def owner_of(text: str, team: Team) -> str | None:
    """Whom a text of a step names as the one who does it."""
    named = _NAMED.search(text)
    if named is not None and label_of(named["label"]) is Label.OWNER and "://" not in named["who"]:
        return clean(named["who"])
    for found in _BRACKETS.findall(text):
        inner = unmarked(next(part for part in found if part))
        for part in re.split(r"[,;|]|\s[-–—]\s|\s/\s", inner):
            who = part.strip().removeprefix("@")
            if is_role(who, team):
                return clean(who)
    for part in re.split(r"\s[-–—|]\s", text)[1:-1]:
        if is_role(unmarked(part), team):
            return clean(part)
    told = re.search(r":\s+@?([^:@]{2,40}?)(?:\s+(?:decides?|entscheidet|decide))?\s*$", text)
    if told is not None and team.person(told[1]):
        return clean(told[1])
    behind = re.search(r"\s[-–—]\s+[*_]*([^*_\-–—]{2,40}?)[*_]*\s*$", text)
    if behind is not None and is_role(behind[1], team):
        return clean(behind[1])
    mention = _MENTION.search(_NO_PEOPLE.sub(" ", without_code(text)))
    if mention is not None:
        return mention[1]
    ahead = re.match(r"\s*(?:\*\*)?\[?([^\[\]*:]{2,30})\]?(?:\*\*)?:(?:\*\*)?\s+\S", text)
    if ahead is not None and is_role(ahead[1], team):
        return clean(ahead[1])
    return None


def is_role(text: str, team: Team) -> bool:
    """Whether a text is the name of a role: one of the checklist's, or one that teams usually have."""
    bare = text.strip().removeprefix("@")
    return bool(bare) and (team.knows(bare) or _ROLES.match(fold(bare)) is not None)


def clean(role: str) -> str:
    return unmarked(role).strip(" .,:;@*_-–—").strip()
