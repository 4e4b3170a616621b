-- virada: one moment of this server that another session may share, which is also the proof that it came here; where in
-- the WAL that is; and the oldest transaction that was still open then: what those before it committed is in it
select pg_export_snapshot(),
       case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end::text,
       pg_snapshot_xmin(pg_current_snapshot())::text
