-- virada: how much WAL was ever written; a difference is the only sign of life of an UPDATE or a table rewrite
select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                            else pg_current_wal_insert_lsn() end, '0/0')::bigint
