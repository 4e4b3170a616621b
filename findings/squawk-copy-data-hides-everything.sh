#!/usr/bin/env bash
# squawk, given a script with COPY data or a psql meta-command inside a line.
#
# Seen: squawk-cli 2.70.0. Of a script in which one COPY ... FROM stdin has data it reports nothing but `syntax-error` for the lines
# of the data: the rewriting ALTER TABLE and the index built without CONCURRENTLY in the same file are not reported any more.
# Without the data both are. Lines in its JSON count from 0, and it exits with 1 either way.
# Why it matters: a dump or a script with seed data looks as if only its data were wrong.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q squawk-cli==2.70.0
script='alter table orders alter column id type bigint;
create index on orders (region);
'
rules() { { "$work/venv/bin/squawk" --reporter json --stdin-filepath x.sql || test $? = 1; } | python3 -c '
import json, sys
print(" ".join(sorted({found["rule_name"] for found in json.load(sys.stdin)})))'; }
without=$(printf '%s' "$script" | rules)
with=$(printf '%scopy orders from stdin;\n1\tx\n\\.\n' "$script" | rules)
echo "without data: $without"
echo "with data:    $with"
case $without in *changing-column-type*require-concurrent-index-creation*) ;; *) echo "CHANGED: not found without data"; exit 1;; esac
[ "$with" = syntax-error ] || { echo "CHANGED: with data more than syntax-error is told"; exit 1; }
echo "as before"
