-- virada: is this table a partition of that one, and is it on its way out
select i.inhdetachpending,
       (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = i.inhparent),
       (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = i.inhrelid)
  from pg_catalog.pg_inherits i
 where i.inhparent = %s and i.inhrelid = %s
