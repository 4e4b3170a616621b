-- virada: one moment of this server that another session may share, which is also the proof that it came here; and
-- where in the WAL that is
select pg_export_snapshot(),
       case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end::text
