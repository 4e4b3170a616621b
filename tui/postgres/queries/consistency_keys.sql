-- virada: foreign keys of these tables, and of the partitions and partitioned tables that they are
select n.nspname || '.' || c.relname || ': ' || o.conname,
       n.nspname::pg_catalog.text, c.relname::pg_catalog.text, m.nspname::pg_catalog.text, p.relname::pg_catalog.text,
       (select array_agg(a.attname::pg_catalog.text order by k.place) from unnest(o.conkey) with ordinality as k (attnum, place)
          join pg_catalog.pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.attnum),
       (select array_agg(a.attname::pg_catalog.text order by k.place) from unnest(o.confkey) with ordinality as k (attnum, place)
          join pg_catalog.pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.attnum),
       coalesce((to_jsonb(o) ->> 'conperiod')::pg_catalog.bool, false)
  from pg_catalog.pg_constraint o
  join pg_catalog.pg_class c on c.oid = o.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class p on p.oid = o.confrelid
  join pg_catalog.pg_namespace m on m.oid = p.relnamespace
 where o.contype = 'f' and o.conparentid = 0
   and (o.conrelid = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[]) or o.confrelid = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[]))
 order by 1
