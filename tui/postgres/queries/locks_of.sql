-- virada: the table locks that a backend has, with what is committed of their relations. One that its own transaction has
-- made is in no catalogue that others see, and nobody can wait for it: it is left out, as are the system's own and indexes
select l.relation::int8, l.mode, n.nspname || '.' || c.relname, c.relfilenode::int8
  from pg_catalog.pg_locks l
  join pg_catalog.pg_class c on c.oid = l.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where l.pid = %s and l.granted and l.locktype = 'relation' and c.relkind in ('r', 'p', 'm', 'f', 'S', 'v')
   and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
   and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
