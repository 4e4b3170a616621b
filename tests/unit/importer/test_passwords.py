"""Passwords that somebody has written into a checklist: not in the plan, told with their line, and the plan loads."""

from __future__ import annotations

import pytest

from tests.unit.importer.conftest import ImportDesk
from tests.unit.importer.test_random import read
from tui.importer.write import write

SECRET = "s3cr3tValue99x"


@pytest.mark.parametrize(
    "text",
    [
        f"- [ ] run `PGPASSWORD={SECRET} psql -h db`",
        f"- [ ] connect postgres://app:{SECRET}@db/app",
        f"- [ ] x\n  - **Password:** `{SECRET}`",
        f"| Step | Owner | Password |\n|---|---|---|\n| a | b | {SECRET} |",
        f"```sql\ncreate role x password '{SECRET}';\n```",
        f"```bash\ncurl -H 'Authorization: Bearer {SECRET}' https://x\n```",
        f"- [ ] mysql --password {SECRET}",
        f"Senha: {SECRET}\n\n- [ ] a",
        f"# password={SECRET}\n- [ ] a",
        f"## Team\n- DBA: ana, pwd={SECRET}\n\n## S\n- [ ] a",
        f"- [ ] a senha é {SECRET}",
    ],
)
def test_a_password_is_not_written_on(text: str, desk: ImportDesk) -> None:
    done = read(text)
    assert done is not None
    plan = write(done.draft)
    assert SECRET.lower() not in plan.lower() and desk.load(plan).errors == []
    told = "\n".join(map(str, done.told))
    assert "a password stands here; it is not written into the plan" in told and SECRET not in told


def test_what_stands_for_a_password_stays() -> None:
    done = read("- [ ] run `PGPASSWORD=${DB_PASSWORD} psql`\n- [ ] connect postgres://app:${PW}@db/app\n")
    assert done is not None
    plan = write(done.draft)
    assert (
        "${DB_PASSWORD}" in plan and "${PW}" in plan and "a password stands here" not in "\n".join(map(str, done.told))
    )
