-- virada: prepared transactions of a database, which keep it from being renamed
select p.gid from pg_catalog.pg_prepared_xacts p where p.database = %(name)s::pg_catalog.name order by p.prepared
