-- virada: indexes that a concurrent build or rebuild left behind unfinished; is somebody still building it
select n.nspname || '.' || c.relname,
       (select p.pid from pg_catalog.pg_stat_progress_create_index p
         where p.index_relid = i.indexrelid and p.datid = (select oid from pg_catalog.pg_database
                                                            where datname = current_database()) limit 1)
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where (not i.indisvalid or not i.indisready or not i.indislive)
   -- the index of a partitioned table is invalid until every partition has one: no leftover
   and c.relkind <> 'I'
 order by 1
