-- virada: what the server's archiver does, and the file of WAL that it writes now. Of a standby there is none
select pg_catalog.current_setting('archive_mode'), coalesce(a.last_archived_wal, ''), coalesce(a.last_failed_wal, ''),
       a.last_failed_time > coalesce(a.last_archived_time, '-infinity'),
       extract(epoch from clock_timestamp() - a.last_archived_time)::float8,
       case when not pg_catalog.pg_is_in_recovery()
            then pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) end,
       (select s.setting::pg_catalog.int8 from pg_catalog.pg_settings s where s.name = 'wal_segment_size')
  from pg_catalog.pg_stat_archiver a
