-- virada: replication slots, who consumes them, and what they keep; a slot that is lost keeps nothing any more
select s.slot_name::text, s.slot_type, coalesce(s.database::text, ''), s.active, coalesce(s.wal_status, ''),
       greatest(0, pg_catalog.pg_wal_lsn_diff(
           case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                else pg_catalog.pg_current_wal_lsn() end, s.restart_lsn))::pg_catalog.int8,
       coalesce(r.application_name, ''), coalesce(s.confirmed_flush_lsn::text, '')
  from pg_catalog.pg_replication_slots s
  left join pg_catalog.pg_stat_replication r on r.pid = s.active_pid
 where not s.temporary
 order by 1
