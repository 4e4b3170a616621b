-- virada: the table locks that a backend has, in our database; asked behind each statement, so that it joins nothing
select l.relation::int8, l.mode from pg_catalog.pg_locks l
 where l.pid = %s and l.database = %s::oid and l.granted and l.locktype = 'relation'
