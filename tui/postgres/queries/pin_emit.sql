-- virada: something to commit. A transaction with an id but without WAL of its own would commit asynchronously
select pg_logical_emit_message(true, 'virada.pin', '')::text
