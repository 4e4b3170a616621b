-- virada: what these tables consist of: partitions and children, and indexes by their names; and what their foreign keys
-- refer to
with recursive part as (
    select t.oid::pg_catalog.oid as root, t.oid::pg_catalog.oid as oid
      from unnest(%(oids)s::pg_catalog.int8[]) as t (oid)
    union
    select p.root, i.inhrelid from part p join pg_catalog.pg_inherits i on i.inhparent = p.oid
)
select p.root::pg_catalog.int8, array_agg(p.oid::pg_catalog.int8),
       coalesce((select array_agg(distinct n.nspname || '.' || c.relname)
                   from part m
                   join pg_catalog.pg_index x on x.indrelid = m.oid
                   join pg_catalog.pg_class c on c.oid = x.indexrelid
                   join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                  where m.root = p.root), '{}'),
       coalesce((select array_agg(distinct f.confrelid || ' ' || n.nspname || '.' || c.relname)
                   from part m
                   join pg_catalog.pg_constraint f on f.conrelid = m.oid and f.contype = 'f'
                   join pg_catalog.pg_class c on c.oid = f.confrelid
                   join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                  where m.root = p.root), '{}')
  from part p
 group by p.root
