-- virada: tables with rows of their own, and per column whether its values can be hashed as they are; others (json,
-- xml, point, arrays and composites of them) are hashed by their text
select n.nspname || '.' || c.relname, n.nspname::text, c.relname::text,
       has_table_privilege(c.oid, 'SELECT'),
       coalesce((select jsonb_agg(jsonb_build_array(a.attname,
                            b.typtype = 'e' or b.typname in ('varchar', 'varbit')
                            or exists (select from pg_catalog.pg_opclass o
                                         join pg_catalog.pg_am m on m.oid = o.opcmethod and m.amname = 'hash'
                                         join pg_catalog.pg_amproc p on p.amprocfamily = o.opcfamily
                                              and p.amproclefttype = o.opcintype and p.amprocnum = 2
                                        where o.opcdefault and o.opcintype = b.oid and b.typtype = 'b'
                                          and b.typcategory <> 'A'))
                        order by a.attname)
                   from pg_catalog.pg_attribute a
                   join pg_catalog.pg_type t on t.oid = a.atttypid
                   join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]')::text
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
