"""What of a checklist could be executed, and by which kind of step. Pure."""

from __future__ import annotations

import re
from typing import Final

_SQL_WORDS: Final = re.compile(
    r"(?:select|insert\s+into|update\s+\S+\s+set|delete\s+from|alter\s+\w+|create\s+\w+|drop\s+\w+|vacuum|analyze"
    r"|reindex|grant\s|revoke\s|begin\b|commit\b|rollback\b"
    r"|truncate|copy\s|explain\s|refresh\s+materialized|cluster\b|comment\s+on|do\s+\$|call\s|with\s+\w+\s+as"
    r"|set\s+\w+|show\s+\w+|lock\s+table|checkpoint|merge\s+into"
    r"|start\s+transaction|reset\s+\w+)(?=[\s;(]|$)",
    re.IGNORECASE,
)
_PROGRAMS: Final = re.compile(
    r"(?:sudo|psql|pg_\w+|pgbench|vacuumdb|reindexdb|createdb|dropdb|systemctl|service|kubectl|helm|docker"
    r"|docker-compose|podman|curl|wget|ssh|scp|rsync|aws|gcloud|az|terraform"
    r"|ansible\S*|git|make|npm|npx|yarn|pnpm|node|python3?|pip|bin/\S+|bundle|rake|rails|php|composer|artisan|java"
    r"|mvn|gradle\w*|flyway|liquibase|sqitch|alembic|migrate|goose|dbmate|prisma"
    r"|knex|sequelize|tail|head|grep|cat|ls|df|du|free|top|cp|mv|rm|mkdir|tar|gzip|gunzip|zcat|sha256sum|md5sum"
    r"|export|source|echo|for|while|if|cd|chmod|chown|kill\w*|patronictl|repmgr|pgbackrest"
    r"|barman|etcdctl|consul|vault|redis-cli|mysql|mongo\w*|nc|nslookup|dig|ping|watch|date|time|nohup|screen|tmux"
    r"|crontab|journalctl|supervisorctl|heroku|fly|mix|go|cargo|dotnet|oc|openssl|jq|awk|sed"
    r"|su|env|set|timeout|wal-g|logrotate|logger|mount|umount|lsof|ps|netstat|ss|iptables|haproxy|nginx|apachectl"
    r"|pm2|celery|sidekiqctl|manage\.py|pytest|k6|jmeter|wrk|ab|hey|locust|vegeta)(?=\s|$)"
)
SHELLS: Final = {
    "bash",
    "sh",
    "shell",
    "console",
    "zsh",
    "shell-session",
    "shellsession",
    "terminal",
    "ksh",
    "cmd",
    "powershell",
}
SQLS: Final = {"sql", "pgsql", "postgres", "postgresql", "plpgsql", "psql"}
_OUTPUTS: Final = {
    "yaml",
    "yml",
    "json",
    "xml",
    "ini",
    "toml",
    "conf",
    "output",
    "log",
    "diff",
    "mermaid",
    "csv",
    "http",
    "html",
    "properties",
    "env",
    "text",
    "txt",
    "md",
    "markdown",
    "plaintext",
}


def kind_of(language: str, lines: list[str]) -> str | None:
    """`sql` or `command` for a block of code; None for what is not executed."""
    if language in _OUTPUTS:
        return None
    first = next(
        (line.strip() for line in lines if line.strip() and not line.strip().startswith(("--", "#", "//"))), ""
    )
    if language in SQLS:
        # psql's own commands are a program's.
        return "command" if re.match(r"psql\s", first) else "sql"
    if language in SHELLS:
        return "command"
    if language and language not in ("code", "none", "python", "ruby", "js"):
        return None
    return kind_of_line(first)


def kind_of_line(text: str) -> str | None:
    """`sql` or `command` for a line that could be executed."""
    bare = re.sub(r"^(?:[$>%]|\w+[=#]>?[#>])\s+", "", text.strip())
    if _SQL_WORDS.match(bare) and not re.fullmatch(r"[A-Z ]+", bare):
        return "sql"
    if re.match(r"(?:vacuum|analyze|checkpoint|commit|reindex)\b", bare, re.IGNORECASE) and bare.rstrip(";").isupper():
        return "sql"
    if _PROGRAMS.match(bare) and (" " in bare or bare.startswith(("pg_", "vacuumdb"))):
        return "command"
    if re.match(r"(?:\./|/(?:usr|opt|bin|srv|home|etc)/|~/|\\i\s|[A-Z_]{3,}=\S+\s)\S*", bare):
        return "command"
    if re.match(r"[a-z][\w./-]*(?:\s+\S+)*\s--?[a-zA-Z]", bare) and len(bare.split()) <= 40:
        return "command"
    return None


def bare_lines(lines: list[str]) -> list[str]:
    """Lines without the prompt of a terminal before them."""
    prompted = [line for line in lines if re.match(r"\s*\$ ", line)]
    return [re.sub(r"^(\s*)\$ ", r"\1", line) for line in lines] if prompted else lines
