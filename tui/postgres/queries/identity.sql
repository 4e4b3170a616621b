-- virada: which server, which history of it, which database. The timeline comes from the WAL position, because the
-- control file's checkpoint still shows the old one for a while after a promotion.
select (pg_control_system()).system_identifier::text,
       case when pg_is_in_recovery() then (pg_control_checkpoint()).timeline_id::bigint
            else ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint end,
       current_database()::text,
       (select oid::bigint from pg_catalog.pg_database where datname = current_database()),
       current_setting('server_version_num')::int,
       version(),
       to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       pg_is_in_recovery(),
       -- what a session has that does not ask for more
       (select reset_val from pg_catalog.pg_settings where name = 'synchronous_commit'),
       current_setting('synchronous_standby_names'),
       pg_backend_pid()
