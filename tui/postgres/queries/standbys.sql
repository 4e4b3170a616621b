-- virada: the standbys that are connected, and how far each is behind; of one that a role may not see, nothing but its
-- pid. Subscribers, backups and what only receives WAL are none
select r.pid, coalesce(r.application_name, ''), r.state is null,
       case when r.replay_lsn is not null then
         greatest(0, pg_catalog.pg_wal_lsn_diff(
             case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                  else pg_catalog.pg_current_wal_flush_lsn() end, r.replay_lsn))::pg_catalog.int8 end
  from pg_catalog.pg_stat_replication r
  left join pg_catalog.pg_replication_slots s on s.active_pid = r.pid
 where r.state is distinct from 'backup' and s.slot_type is distinct from 'logical'
   and (r.replay_lsn is not null or r.reply_time is null)
