-- virada: what became of a transaction: committed, aborted, in progress, null when too old; error 22023 when the
-- id has not been given out yet in this history of the server
select pg_xact_status(%s::text::xid8)
