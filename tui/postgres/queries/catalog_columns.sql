-- virada: columns in order, with type, default, generation, nullability, and how their values are kept
select n.nspname || '.' || c.relname || '.' || a.attname,
       jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
           'place', row_number() over (partition by a.attrelid order by a.attnum),
           'default', pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity, 'generated', a.attgenerated,
           'storage', a.attstorage, 'compression', a.attcompression,
           'statistics', nullif(coalesce(a.attstattarget, -1), -1), 'options', a.attoptions,
           'collation', (select o.collname from pg_catalog.pg_collation o where o.oid = a.attcollation))::text
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
