-- virada: tables with rows of their own, the smaller ones first, and per column whether equal values have equal hashes
-- and unequal ones others, whatever server they are on. Of all other types the text is hashed: an enum's hash is of
-- its oid, 1.0 and 1.00, '1 mon' and '30 days', 0 and -0, two spellings of a nondeterministic collation have the same
select n.nspname || '.' || c.relname, n.nspname::text, c.relname::text,
       has_table_privilege(c.oid, 'SELECT'),
       coalesce((select jsonb_agg(jsonb_build_array(a.attname,
                            t.oid in (16, 17, 18, 19, 20, 21, 23, 25, 26, 1043, 1082, 1083, 1114, 1184, 2950, 3220, 5069)
                            and coalesce((select o.collisdeterministic from pg_catalog.pg_collation o where o.oid = a.attcollation), true))
                        order by a.attname)
                   from pg_catalog.pg_attribute a
                   join pg_catalog.pg_type t on t.oid = a.atttypid
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]')::text,
       (select coalesce(jsonb_agg(m.nspname || '.' || r.relname), '[]')
          from pg_catalog.pg_partition_ancestors(c.oid) p
          join pg_catalog.pg_class r on r.oid = p.relid
          join pg_catalog.pg_namespace m on m.oid = r.relnamespace
         where p.relid <> c.oid)::text
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm') and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by c.relpages, 1
