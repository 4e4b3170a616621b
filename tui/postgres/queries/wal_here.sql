-- virada: up to where the WAL is on disk: every commit that was acknowledged before lies before it
select pg_current_wal_flush_lsn()::text
