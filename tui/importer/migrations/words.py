"""The sentences of a plan that was made of scripts, in the languages that a plan may have."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "made": "Made from {place} by `virada init`. What is applied already on a target is not known here: take those "
        "steps out.",
        "targets": "The databases; `service` is a libpq service, and a production target has a window:",
        "phase": "Migration",
        "section": "Migrations",
        "repeated": "Repeatable migrations",
        "untagged": "Behind the last tag",
        "record": "{tool}'s own record",
        "recorded": "{tool} knows what was applied",
        "tell": "virada executes the scripts itself, and {record} does not learn of it.",
        "with": "Have {tool} record it: {command}",
        "seen": "How, and what it says now",
        "no way back": "No way back was found for it; a rollback leaves it as it is.",
        "back by hand": "Its way back, {file}, cannot be executed as it stands (line {line}); a rollback leaves it.",
        "by hand": "Not executed by virada as it stands ({where}); carry it out, then sign.",
        "done": "What was done, and what it said",
        "verify": "Verify: {title}",
        "failed": "A migration could not be applied",
    },
    "pt_BR": {
        "made": "Feito de {place} por `virada init`. O que já está aplicado em um alvo não se sabe aqui: retire "
        "essas etapas.",
        "targets": "Os bancos; `service` é um serviço da libpq, e um alvo de produção tem uma janela:",
        "phase": "Migração",
        "section": "Migrações",
        "repeated": "Migrações repetíveis",
        "untagged": "Depois da última etiqueta",
        "record": "O registro próprio de {tool}",
        "recorded": "{tool} sabe o que foi aplicado",
        "tell": "virada executa os scripts por si, e {record} não fica sabendo.",
        "with": "Faça {tool} registrá-lo: {command}",
        "seen": "Como, e o que ele diz agora",
        "no way back": "Não se achou como desfazê-la; um rollback a deixa como está.",
        "back by hand": "O que a desfaz, {file}, não pode ser executado como está (linha {line}); um rollback a deixa.",
        "by hand": "Não é executado por virada como está ({where}); faça-o e assine.",
        "done": "O que foi feito, e o que respondeu",
        "verify": "Verificar: {title}",
        "failed": "Uma migração não pôde ser aplicada",
    },
}
