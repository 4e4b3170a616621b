-- virada: who replicates from here, and how far each is; null for a role that may not see it. A base backup is no
-- replica. Only WAL that is flushed is sent, so it is what a replica can have
select r.pid, coalesce(r.application_name, ''), extract(epoch from r.replay_lag)::float8,
       greatest(0, pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                        else pg_current_wal_flush_lsn() end, r.replay_lsn))::bigint,
       coalesce(r.replay_lsn::text, '')
  from pg_catalog.pg_stat_replication r
 where r.state is distinct from 'backup'
