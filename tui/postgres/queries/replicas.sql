-- virada: who replicates from here, and how far each is; of one that a role may not see, neither state nor distance. A
-- base backup is no replica, and what answers without a position of replay only receives WAL. Only WAL that is flushed
-- is sent, so it is what a replica can have. greatest() takes null for nothing: what is unknown would be 0
select r.pid, coalesce(r.application_name, ''), extract(epoch from r.replay_lag)::float8,
       case when r.replay_lsn is not null then
         greatest(0, pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                          else pg_current_wal_flush_lsn() end, r.replay_lsn))::bigint end,
       coalesce(r.replay_lsn::text, ''), r.state is null
  from pg_catalog.pg_stat_replication r
 where r.state is distinct from 'backup'
   and (r.replay_lsn is not null or r.reply_time is null)
