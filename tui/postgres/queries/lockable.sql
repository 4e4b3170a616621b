-- virada: what is committed of tables, views and sequences. What a transaction has made itself is in no catalogue that others
-- see, and nobody can wait for it: it is left out, as are the system's own and indexes
select c.oid::int8, n.nspname || '.' || c.relname, c.relfilenode::int8
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.oid = any (%s::oid[]) and c.relkind in ('r', 'p', 'm', 'f', 'S', 'v')
   and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
