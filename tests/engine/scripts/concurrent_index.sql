create schema concurrent_index;
create table concurrent_index.big as select g as id, g % 7 as kind from generate_series(1, 500) g;
create index concurrently by_kind on concurrent_index.big (kind);
vacuum concurrent_index.big;
drop index concurrently concurrent_index.by_kind;
create unique index concurrently by_id on concurrent_index.big (id);
