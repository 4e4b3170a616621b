-- virada: is there a ledger, is it ours, may this session use it
select has_schema_privilege(n.oid, 'USAGE'),
       c.oid is not null,
       coalesce(has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT'), false),
       -- a table that loses rows in a crash, hides or rewrites them is none
       coalesce(c.relkind = 'r' and c.relpersistence = 'p' and not c.relrowsecurity
                and not exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
                and not exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid), false),
       coalesce((select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attname)
                   from pg_catalog.pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), ''),
       coalesce((select string_agg(a.attname, ', ' order by k.place)
                   from pg_catalog.pg_index i
                   cross join unnest(i.indkey) with ordinality as k (attnum, place)
                   join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                  where i.indrelid = c.oid and i.indisprimary), '')
  from pg_catalog.pg_namespace n
  left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'ledger'
 where n.nspname = 'virada'
