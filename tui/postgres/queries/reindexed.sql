-- virada: what a REINDEX is about: the tables whose indexes it rebuilds, the tables of their out-of-line values and
-- partitions included
with recursive named as (
    select case %(what)s when 'index' then (select i.indrelid from pg_catalog.pg_index i where i.indexrelid = %(oid)s)
                         when 'table' then %(oid)s::oid end as oid
     where %(what)s in ('index', 'table')
    union
    select h.inhrelid from pg_catalog.pg_inherits h join named on named.oid = h.inhparent
      join pg_catalog.pg_class p on p.oid = named.oid and p.relkind = 'p'
), wanted as (
    select c.oid, c.reltoastrelid
      from pg_catalog.pg_class c
     where c.relkind in ('r', 'm', 't')
       and case %(what)s when 'index' then c.oid in (select oid from named)
                         when 'table' then c.oid in (select oid from named)
                         when 'schema' then c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = %(name)s)
                         else c.relnamespace <> 'pg_catalog'::regnamespace end)
select oid::bigint from wanted
union
select reltoastrelid::bigint from wanted where reltoastrelid <> 0
