-- virada: is the WAL on disk up to here
select pg_current_wal_flush_lsn() >= %s::pg_lsn
