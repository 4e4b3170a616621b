-- virada: where the server's histories branched off one another; only a superuser or one who may read its files
select pg_catalog.pg_read_file('pg_wal/' || %s || '.history')
