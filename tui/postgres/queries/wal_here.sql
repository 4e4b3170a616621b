-- virada: up to where the WAL is on disk, where every commit that was acknowledged lies before it; and whether that is
-- all of it
select f.lsn::text, f.lsn >= pg_current_wal_insert_lsn() from (select pg_current_wal_flush_lsn() as lsn) as f
