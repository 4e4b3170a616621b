-- virada: indexes, and whether they can be used
select n.nspname || '.' || c.relname,
       pg_get_indexdef(i.indexrelid) || case when i.indisvalid and i.indisready and i.indislive then '' else ' (invalid)' end
       || case when i.indisreplident then ' (replica identity)' else '' end
       || case when i.indisclustered then ' (clustered by)' else '' end
       || coalesce((select ' (tablespace ' || t.spcname || ')' from pg_catalog.pg_tablespace t where t.oid = c.reltablespace), '')
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
