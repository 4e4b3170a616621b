-- virada: give this transaction its id, and write that id into the WAL: an id that no WAL mentions is given out
-- again after a crash. The message is transactional, so the record carries the id; nobody decodes this prefix
select pg_catalog.pg_current_xact_id()::pg_catalog.text,
       pg_catalog.pg_logical_emit_message(
           true, 'virada.xid', pg_catalog.pg_current_xact_id()::pg_catalog.text)::pg_catalog.text,
       pg_catalog.current_setting('synchronous_commit')
