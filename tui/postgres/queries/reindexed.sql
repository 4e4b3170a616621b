-- virada: what a REINDEX is about: the tables whose indexes it rebuilds, the tables of their out-of-line values included
with wanted as (
    select c.oid, c.reltoastrelid
      from pg_catalog.pg_class c
     where c.relkind in ('r', 'm', 't')
       and case %(what)s when 'index' then c.oid = (select i.indrelid from pg_catalog.pg_index i where i.indexrelid = %(oid)s)
                         when 'table' then c.oid = %(oid)s
                         when 'schema' then c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = %(name)s)
                         else c.relnamespace <> 'pg_catalog'::regnamespace end)
select oid::bigint from wanted
union
select reltoastrelid::bigint from wanted where reltoastrelid <> 0
