-- virada: the strongest table locks that sessions hold, by catalog name
select l.pid, l.mode, n.nspname || '.' || c.relname
  from pg_catalog.pg_locks l
  join pg_catalog.pg_class c on c.oid = l.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where l.granted and l.locktype = 'relation' and l.pid = any (%s::int[])
   and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
   and n.nspname not in ('pg_catalog', 'pg_toast')
 order by l.pid, l.mode = 'AccessExclusiveLock' desc, l.mode like '%%Exclusive%%' desc, l.mode like 'Share%%' desc, 3
