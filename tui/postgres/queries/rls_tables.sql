-- virada: row-level security of these tables (by oid, or by a pattern of their names), partitions left out: who reads
-- their parent is under its policies
select c.oid::pg_catalog.int8, n.nspname || '.' || c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner)::text
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
   and (c.oid in (select coalesce(pg_partition_root(o.oid)::pg_catalog.oid, o.oid)
                    from unnest(%(oids)s::pg_catalog.int8[]::pg_catalog.oid[]) as o (oid)) or n.nspname || '.' || c.relname like any (%(patterns)s::pg_catalog.text[]))
 order by 2
