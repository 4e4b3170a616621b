"""What is said before there is a catalogue. Any Python 3 reads this."""

import os
import sys

SAID = {
    "python": (
        "this file needs CPython 3.11 to 3.14, and {python} is {found}; install one of them, or name it: "
        "VIRADA_PYTHON=/path/to/python3.12 {file}",
        "este arquivo precisa do CPython 3.11 a 3.14, e {python} é {found}; instale um deles, ou indique-o: "
        "VIRADA_PYTHON=/caminho/do/python3.12 {file}",
    ),
    "machine": (
        "this file is for {wanted}, and this is {found}; take the file for {found}, or install the wheel",
        "este arquivo é para {wanted}, e aqui é {found}; use o arquivo para {found}, ou instale o wheel",
    ),
    "libc": (
        "this file needs glibc 2.28 or newer, and here is {found}; install the wheel, or use another host",
        "este arquivo precisa da glibc 2.28 ou mais nova, e aqui há {found}; instale o wheel, ou use outra máquina",
    ),
    "no_place": (
        "there is no directory to unpack into ({tried}); name one of yours in which programs may run: VIRADA_CACHE=DIR",
        "não há diretório em que descompactar ({tried}); indique um seu em que programas possam executar: "
        "VIRADA_CACHE=DIR",
    ),
    "damaged": (
        "{file} is damaged ({reason}); copy it here again and compare its SHA-256",
        "{file} está danificado ({reason}); copie-o de novo e compare o SHA-256",
    ),
    "unreadable": ("{file} cannot be read: {reason}", "{file} não pode ser lido: {reason}"),
    "lacking": (
        "{python} lacks a part of the standard library: {reason}; install all of it (Debian: the package python3)",
        "a {python} falta uma parte da biblioteca padrão: {reason}; instale-a toda (Debian: o pacote python3)",
    ),
    "demo": (
        "this file holds the demo's server; leave it beside virada and run: virada demo",
        "este arquivo contém o servidor da demonstração; deixe-o ao lado de virada e execute: virada demo",
    ),
}


def say(what, **facts):
    """One sentence on stderr, in the reader's language."""
    named = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    language = next((name for name in named if name), "")
    text = "virada: " + SAID[what][language.startswith("pt")].format(**facts) + ".\n"
    encoding = sys.stderr.encoding or "ascii"
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
