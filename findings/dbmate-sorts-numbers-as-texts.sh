#!/usr/bin/env bash
# Migrations whose numbers have different widths: 9_nine.sql, 10_ten.sql.
#
# Seen: dbmate 2.36.0 (npm's @dbmate/linux-x64, on SQLite and on PostgreSQL 15 alike) applies 10_ten.sql before 9_nine.sql: it compares
# versions as texts.
# Why it matters: who reads such a directory by its numbers applies it in another order, and nothing says so.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1; npm install --no-audit --no-fund @dbmate/linux-x64@2.36.0 >/dev/null 2>&1
mkdir -p db/migrations
for name in 9_nine 10_ten; do
  printf -- '-- migrate:up\ncreate table t_%s (id int);\n-- migrate:down\ndrop table t_%s;\n' "$name" "$name" > "db/migrations/$name.sql"
done
./node_modules/@dbmate/linux-x64/bin/dbmate --version
order=$(DATABASE_URL=sqlite:t.sqlite3 ./node_modules/@dbmate/linux-x64/bin/dbmate --no-dump-schema up 2>&1 | sed -n 's/^Applied: \(.*\.sql\).*/\1/p' | tr '\n' ' ')
echo "applied: $order"
[ "$order" = "10_ten.sql 9_nine.sql " ]
echo "still so"
