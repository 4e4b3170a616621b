-- virada: how far the server has come in writing WAL, in bytes from the beginning of all
select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint where not pg_is_in_recovery()
