-- virada: indexes by their oids and those of tables, whether each is whole, and whether somebody is at work on it
select i.indexrelid::bigint, c.relname, i.indisvalid and i.indisready and i.indislive,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname), i.indrelid::bigint,
       exists (select from pg_catalog.pg_stat_progress_create_index p
                where p.datid = (select oid from pg_catalog.pg_database where datname = current_database())
                  and (p.index_relid = i.indexrelid
                       -- What another role builds we may not see, but what it has locked for that.
                       or p.index_relid is null and exists (select from pg_catalog.pg_locks l where l.pid = p.pid
                              and l.database = p.datid and l.relation = i.indrelid and l.granted
                              and l.mode = 'ShareUpdateExclusiveLock')))
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where i.indexrelid = any (%(indexes)s::bigint[]::oid[]) or i.indrelid = any (%(tables)s::bigint[]::oid[])
 order by 1
