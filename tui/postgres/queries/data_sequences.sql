-- virada: where the sequences stand, "" where nothing was taken yet; null where the role may not know
select n.nspname || '.' || c.relname,
       case when has_sequence_privilege(c.oid, 'SELECT, USAGE') then coalesce(pg_sequence_last_value(c.oid)::text, '') end
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'S' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
