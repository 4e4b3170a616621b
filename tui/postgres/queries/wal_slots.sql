-- virada: what replication slots keep of the WAL, those that keep most first
with here as (
    select case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                else pg_catalog.pg_current_wal_insert_lsn() end as lsn
)
select s.slot_name::pg_catalog.text, greatest(pg_catalog.pg_wal_lsn_diff(here.lsn, s.restart_lsn), 0)::pg_catalog.int8,
       s.active, s.wal_status
  from pg_catalog.pg_replication_slots s, here
 where s.restart_lsn is not null and s.wal_status is distinct from 'lost'
 order by 2 desc
