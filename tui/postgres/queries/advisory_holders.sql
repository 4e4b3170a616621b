-- virada: who holds an advisory key of 64 bits in this database
select pid
  from pg_catalog.pg_locks
 where locktype = 'advisory' and granted and objsubid = 1
   and database = (select oid from pg_catalog.pg_database where datname = current_database())
   and ((classid::bigint << 32) | objid::bigint) = %s::bigint
 order by pid
