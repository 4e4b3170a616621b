create schema grants authorization pg_database_owner;
create table grants.ledger (id int, amount numeric);
alter default privileges in schema grants grant select on tables to pg_monitor;
create table grants.after_defaults (id int);
revoke all on grants.ledger from public;
grant select (id) on grants.ledger to pg_read_all_settings with grant option;
create function grants.secret() returns int language sql security definer set search_path = pg_catalog as 'select 1';
revoke execute on function grants.secret() from public;
