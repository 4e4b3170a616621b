-- virada: indexes that cannot be used, those of partitioned tables that some partition lacks among them; is somebody still building it
select n.nspname || '.' || c.relname,
       (select p.pid from pg_catalog.pg_stat_progress_create_index p
         where p.index_relid = i.indexrelid and p.datid = (select oid from pg_catalog.pg_database
                                                            where datname = current_database()) limit 1)
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where (not i.indisvalid or not i.indisready or not i.indislive)
 order by 1
