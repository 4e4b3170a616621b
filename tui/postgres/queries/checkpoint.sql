-- virada: the last checkpoint: where it begins in the log, the next id at that place, and in which history
select redo_lsn::text, next_xid, timeline_id from pg_catalog.pg_control_checkpoint()
