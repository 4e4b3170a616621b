-- virada: whether WAL is archived, how many finished files are younger than the last one that was (null where that
-- cannot be reckoned; any role may see it), bytes of one file, and whether the archiver has failed since it last succeeded
with size as (
    select s.setting::pg_catalog.int8 as bytes from pg_catalog.pg_settings s where s.name = 'wal_segment_size'
), file as (
    select a.last_archived_wal as last, a.last_failed_wal as failed,
           coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as failing,
           case when not pg_catalog.pg_is_in_recovery()
                then pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()) end as current
      from pg_catalog.pg_stat_archiver a
), numbered as (
    select f.*, pg_catalog.substr(f.last, 1, 8) = pg_catalog.substr(f.current, 1, 8) and f.last ~ '^[0-9A-F]{24}$' as same,
           ('x' || pg_catalog.substr(f.last, 9, 8)) as last_high, ('x' || pg_catalog.substr(f.last, 17, 8)) as last_low,
           ('x' || pg_catalog.substr(f.current, 9, 8)) as high, ('x' || pg_catalog.substr(f.current, 17, 8)) as low
      from file f
)
select pg_catalog.current_setting('archive_mode') <> 'off',
       case when n.same
            then greatest((n.high::pg_catalog.bit(32)::pg_catalog.int8 - n.last_high::pg_catalog.bit(32)::pg_catalog.int8)
                          * (4294967296 / size.bytes)
                          + n.low::pg_catalog.bit(32)::pg_catalog.int8 - n.last_low::pg_catalog.bit(32)::pg_catalog.int8 - 1, 0) end,
       size.bytes, n.failing, n.failed
  from numbered n, size
