-- virada: the sessions of a lock tree and the lock each waits for. Names come from the catalogs alone: regclass or a
-- size function on a table under ACCESS EXCLUSIVE would wait with the rest
select a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(a.datname::text, ''),
       coalesce(a.state, ''), coalesce(a.wait_event_type || ':' || a.wait_event, ''), coalesce(a.query, ''),
       extract(epoch from clock_timestamp() - a.state_change)::float8,
       extract(epoch from clock_timestamp() - a.xact_start)::float8,
       extract(epoch from clock_timestamp() - l.waitstart)::float8,
       coalesce(l.mode, ''), coalesce(l.locktype, ''),
       coalesce(n.nspname || '.' || c.relname, case when l.relation is not null then 'oid ' || l.relation end, '')
  from pg_catalog.pg_stat_activity a
  left join lateral (select * from pg_catalog.pg_locks l where l.pid = a.pid and not l.granted limit 1) l on true
  left join pg_catalog.pg_class c
         on c.oid = l.relation and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where a.pid = any (%s::int[])
