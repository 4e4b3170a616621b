-- virada: one look at the whole server, counters and ages only. Sessions of other roles show no
-- type or state without pg_monitor, but they show their database; those that do not track their activities say that
-- they do not (disabled). Our own sessions are connections, but say nothing of
-- what the others do. Last come the figures by the names of metrics (plan/metrics.py); of a rate, and of what is
-- counted since the run looks, the counter. And the slot that keeps most WAL
with here as (
    select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end as lsn
), kept as (
    -- one that is lost keeps nothing any more
    select s.slot_name::text as slot, greatest(pg_wal_lsn_diff(here.lsn, s.restart_lsn), 0)::bigint as bytes
      from pg_catalog.pg_replication_slots s, here
     where s.restart_lsn is not null and s.wal_status is distinct from 'lost'
)
select extract(epoch from clock_timestamp())::float8,
       count(*) filter (where a.backend_type = 'client backend'
                           or (a.backend_type is null and a.datid is not null))::int,
       greatest(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0), 1),
       bool_or((a.backend_type is null and a.datid is not null) or (a.state = 'disabled' and not a.own)),
       json_build_object(
         'active_sessions', count(*) filter (where a.backend_type = 'client backend' and a.state = 'active' and not a.own),
         'waiting_sessions', count(*) filter (where a.wait_event_type = 'Lock' and not a.own),
         -- where nobody has a transaction, none is old
         'idle_in_transaction', coalesce(max(extract(epoch from clock_timestamp() - a.state_change))
             filter (where a.state like 'idle in transaction%' and not a.own), 0)::float8,
         'oldest_transaction_s', coalesce(max(extract(epoch from clock_timestamp() - a.xact_start))
             filter (where a.backend_type = 'client backend' and not a.own), 0)::float8,
         -- every session holds the lock on its own virtual transaction: those say nothing
         'locks', (select count(*) from pg_catalog.pg_locks l where l.locktype <> 'virtualxid'),
         'deadlocks', (select sum(d.deadlocks)::bigint from pg_catalog.pg_stat_database d),
         'tps', (select sum(d.xact_commit + d.xact_rollback)::bigint from pg_catalog.pg_stat_database d),
         'wal_kept_by_slots', coalesce((select max(k.bytes) from kept k), 0),
         'wal_rate', pg_wal_lsn_diff((select lsn from here), '0/0')::bigint)::text,
       (select k.slot from kept k order by k.bytes desc limit 1)
  from (select *, coalesce(application_name, '') like 'virada %' as own from pg_catalog.pg_stat_activity) a
