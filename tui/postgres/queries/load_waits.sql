-- virada: sessions of others that wait for a lock in this database, since when, and for whom (0: a prepared transaction)
select l.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''),
       extract(epoch from clock_timestamp() - l.waitstart)::float8, l.mode,
       coalesce(n.nspname || '.' || c.relname, l.locktype), pg_catalog.pg_blocking_pids(l.pid)
  from (select * from pg_catalog.pg_locks l where not l.granted and l.pid is not null order by l.waitstart limit 300) l
  left join pg_catalog.pg_stat_activity a on a.pid = l.pid
  left join pg_catalog.pg_class c on c.oid = l.relation
  left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where (l.database is null or l.database = 0
        or l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))
   and (a.datname is null or a.datname = pg_catalog.current_database())
   and coalesce(a.application_name, '') not like 'virada %%'
 order by l.waitstart
