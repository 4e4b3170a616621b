-- virada: something to commit, since a transaction with an id but without WAL of its own would commit asynchronously;
-- then up to where the WAL is on disk. It is about this server's own disk: waiting for a standby could take for ever
begin;
set local synchronous_commit = local;
select pg_logical_emit_message(true, 'virada.pin', '');
commit;
select pg_current_wal_flush_lsn()::text
