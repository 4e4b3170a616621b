-- virada: may rows that are written to these tables go elsewhere: has one of them, or of their partitions, a trigger that
-- runs before a row is written or instead of that
with written as (
    select c.oid
      from unnest(%(schemas)s::text[], %(tables)s::text[]) as w (schema_name, table_name)
      join pg_catalog.pg_namespace n on n.nspname = w.schema_name
      join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
)
select exists (
    select from pg_catalog.pg_trigger g
     where g.tgenabled <> 'D' and g.tgtype & 1 = 1 and g.tgtype & 66 <> 0
       and g.tgrelid in (select oid from written
                         union select t.relid from written, pg_partition_tree(written.oid) t))
