-- virada: which server, which history of it, which database. Asked before the session has any setting of its own, so
-- that every name is qualified. The timeline comes from the WAL position, because the control file's checkpoint still
-- shows the old one for a while after a promotion.
select (pg_catalog.pg_control_system()).system_identifier::pg_catalog.text,
       case when pg_catalog.pg_is_in_recovery() then null
            else pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()) end,
       (pg_catalog.pg_control_checkpoint()).timeline_id,
       pg_catalog.current_database(),
       (select d.oid::pg_catalog.int8 from pg_catalog.pg_database d
         where d.datname operator(pg_catalog.=) pg_catalog.current_database()),
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
       pg_catalog.version(),
       pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()),
                          'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       pg_catalog.pg_is_in_recovery(),
       -- what a session has that does not ask for more
       (select s.reset_val from pg_catalog.pg_settings s
         where s.name operator(pg_catalog.=) 'synchronous_commit'),
       pg_catalog.current_setting('synchronous_standby_names'),
       pg_catalog.pg_backend_pid(),
       case when pg_catalog.pg_is_in_recovery() then null
            else pg_catalog.pg_current_wal_flush_lsn()::pg_catalog.text end
