from __future__ import annotations

from pathlib import Path

from tui.engine.programs.client_tools import find_tool


def test_the_program_itself_is_taken_behind_debians_wrapper(tmp_path: Path) -> None:
    wrapper = tmp_path / "share" / "pg_wrapper"
    wrapper.parent.mkdir()
    wrapper.write_text("#!/bin/sh\n")
    wrapper.chmod(0o755)
    (tmp_path / "psql").symlink_to(wrapper)
    own = tmp_path / "own"
    own.mkdir()
    (own / "psql").write_text("#!/bin/sh\n")
    (own / "psql").chmod(0o755)
    installed = {int(p.parts[-3]): str(p) for p in Path("/usr/lib/postgresql").glob("[0-9]*/bin/psql")}
    wanted = installed[max(installed)] if installed else str(tmp_path / "psql")
    assert find_tool("psql", {"PATH": str(tmp_path)}, None, False) == wanted
    assert find_tool("psql", {"PATH": f"{own}:{tmp_path}"}, None, False) == str(own / "psql")
