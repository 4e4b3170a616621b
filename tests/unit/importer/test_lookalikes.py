"""Lines that look like one thing and are another: headings of a rollback, boxes, owners, passwords, tables."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.importer.conftest import say
from tests.unit.importer.test_random import lost
from tui.importer.draft import DraftPhase
from tui.importer.markdown.checklist import ReadChecklist, read_checklist
from tui.importer.markdown.secrets import redacted, redacted_lines
from tui.importer.markdown.vocabulary import Sort, is_way_back, sort_of
from tui.importer.write import write


def read(text: str) -> ReadChecklist:
    done = read_checklist(text.encode(), "a.md", language="en", otherwise="en", say=say)
    assert lost(done, write(done.draft)) == []
    return done


def steps(phases: list[DraftPhase]) -> list[tuple[str, dict[str, Any]]]:
    return [(one.title, one.keys) for phase in phases for section in phase.sections for one in section.steps]


@pytest.mark.parametrize(
    ("heading", "back"),
    [
        ("Rollback", True),
        ("Undo", True),
        ("Rollback procedure", True),
        ("Revert the migration", True),
        ("Smoke test after the rollback", True),
        ("Reversa", True),
        ("Plan de reversa", True),
        ("Reversión", True),
        ("Plano de reversão", True),
        ("Retorno", True),
        ("Rückfall", True),
        ("Test the rollback", False),
        ("Rollback test", False),
        ("Rollback plan drill", False),
        ("Rehearse the back-out", False),
        ("Testar o rollback", False),
        ("Teste de rollback", False),
        ("Ensaiar a reversão", False),
        ("Probar la reversión", False),
        ("Prueba de la marcha atrás", False),
        ("Rollback testen", False),
        ("Rückfall proben", False),
        ("Undo log cleanup", False),
        ("Undo maintenance mode", False),
        ("Revert the freeze", False),
        ("Retorno aos usuários", False),
        ("Engenharia reversa do esquema", False),
        ("Ingeniería reversa", False),
    ],
)
def test_which_headings_are_a_way_back(heading: str, back: bool) -> None:
    assert (sort_of(heading) is Sort.ROLLBACK) == back
    done = read(f"# Move\n\n## Do\n\n- [ ] one\n\n## {heading}\n\n- [ ] two\n")
    assert [title for title, _keys in steps(done.draft.rollback)] == (["two"] if back else [])
    assert is_way_back(heading) == back


def test_a_document_that_is_a_way_back_says_so() -> None:
    done = read("# Rollback of the move\n\n- [ ] one\n- [ ] two\n")
    assert "all of it is a way back; its steps are the plan's" in "\n".join(map(str, done.told))
    assert len(steps(done.draft.phases)) == 2 and not done.draft.rollback


def test_a_time_in_brackets_is_no_box_and_no_blank() -> None:
    done = read(
        "# A\n\n- [5 min] Stop it\n- [ ] Copy it [10 min]\n- [22:05] Start it\n- [ ] [~15 min] Look\n- [ ] [HH:MM]\n"
    )
    found = steps(done.draft.phases)
    assert [keys.get("estimate") for _title, keys in found] == ["5m", "10m", None, "15m", None]
    assert [keys["sign"].get("expect") for _title, keys in found] == [None] * 4 + ["HH:MM"]
    assert len(found) == 5


@pytest.mark.parametrize("box", ["[-]", "[~]", "[>]", "[!]", "[?]", "[/]"])
def test_a_box_that_holds_something_else_is_told(box: str) -> None:
    done = read(f"# A\n\n- [ ] one\n- {box} two\n")
    assert f"line 4: the box holds {box}; it is an open step all the same" in "\n".join(map(str, done.told))
    assert [title for title, _keys in steps(done.draft.phases)] == ["one", "two"] and box in write(done.draft)


@pytest.mark.parametrize(
    "line",
    [
        "connect postgres://app@db.example.com/x",
        "connect postgres://app:secret99@db/x",
        "tell @here",
        "tell @channel and @everyone",
        "set log_line_prefix to '%m %u@d'",
        "set %z @z",
        "mail ana@example.com",
        "run `sqlplus @deploy`",
        "run @deploy.sql",
        "cron @daily",
        "Owner: https://wiki.example.com/who",
    ],
)
def test_an_address_is_nobodys_role(line: str) -> None:
    done = read(f"# A\n\n- [ ] one\n- [ ] {line}\n")
    assert "team" not in done.draft.head


def test_a_channel_is_nobodys_role() -> None:
    done = read(
        "# A\n\n## Contacts\n\n- DBA: +55 11 5550-0101\n- Slack: #ops\n- E-mail: dba@example.com\n\n"
        "## B\n\n- [ ] x @ana\n"
    )
    assert [one["role"] for one in done.draft.head["team"].value] == ["DBA", "ana"]
    assert "Slack: #ops" in write(done.draft)


def test_a_table_with_a_way_back_beside_each_step() -> None:
    done = read(
        "# A\n\n| Step | Action | Rollback |\n|---|---|---|\n| 1 | Create it | drop it |\n| 2 | Fill it | empty it |\n"
    )
    assert steps(done.draft.phases) == [
        ("Create it", {"sign": {"text": "Rollback: drop it"}}), ("Fill it", {"sign": {"text": "Rollback: empty it"}}),
    ]  # fmt: skip
    done = read("# A\n\n| Schritt | Beschreibung |\n|---|---|\n| Stoppen | der Dienst |\n| Starten | der Dienst |\n")
    assert [title for title, _keys in steps(done.draft.phases)] == ["Stoppen", "Starten"]


def test_sentences_that_are_numbered_as_steps() -> None:
    done = read("# A\n\nRead this.\nStep 1: stop it\nStep 2: copy it\n\nStep 3: one alone\n\n- [ ] box\n")
    assert [title for title, _keys in steps(done.draft.phases)][:2] == ["stop it", "copy it"]


def test_code_between_items_belongs_to_them() -> None:
    done = read("# A\n\n- Stop it\n```bash\nsystemctl stop app\n```\n- Copy it\n```sql\nselect 1;\n```\n")
    found = [one for phase in done.draft.phases for section in phase.sections for one in section.steps]
    assert [one.title for one in found] == ["Stop it", "Copy it"]
    assert "systemctl stop app" in found[0].below[1] and "select 1;" in found[1].below[1]


def test_the_lines_that_are_but_comments_are_told() -> None:
    done = read("# A\n\nSome words.\n\n- [ ] one\n\nOther words.\n")
    assert "nothing but comments: lines 3, 7" in "\n".join(map(str, done.told))


@pytest.mark.parametrize(
    "line",
    [
        "Password for app: {}",
        "Password of the user: {}",
        "Password (app user): {}",
        "Senha do banco: {}",
        "Senha do usuário app = {}",
        "Contraseña de la base: {}",
        "Passwort des Benutzers app: {}",
        "Kennwort für app: `{}`",
        "**Password for app:** {}",
        "New password: {}",
        "- [ ] Token for the API: {}, see below",
        "Passphrase: {}",
        "| Password | {} |",
    ],
)
def test_a_password_with_words_before_its_colon(line: str) -> None:
    for secret in ("correcthorse", "s3cr3tValue99x"):
        assert secret not in "".join(redacted_lines([line.format(secret)]))


@pytest.mark.parametrize(
    "line",
    [
        "Password rotation: DBA",
        "Password for app: see the vault",
        "Password for app: vault",
        "Senha do banco: ${SENHA}",
        "Token expiry check: done",
        "Trocar a senha do app: João às 22 horas",
        "Password for app: <from the vault>",
    ],
)
def test_words_about_a_password_stay(line: str) -> None:
    assert redacted(line) == line


def test_a_milestone_of_the_way_back_behind_the_window_is_told() -> None:
    window = "## Window\n\n2031-12-13 22:00 - 23:30 UTC\n\n"
    done = read(f"# A\n\n{window}## Do\n\n- [ ] one\n\n## Rollback\n\n- [ ] T+8h: look again\n")
    assert all("milestone" not in keys for _title, keys in steps(done.draft.rollback))
    assert "lies behind the end of the window" in "\n".join(map(str, done.told))
