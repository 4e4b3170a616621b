-- virada: prepared transactions, and what they hold of these relations
select p.gid, coalesce(p.owner::text, ''), coalesce(p.database::text, ''), p.database = pg_catalog.current_database(),
       extract(epoch from clock_timestamp() - p.prepared)::float8,
       coalesce((select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(l.relation::pg_catalog.int8, l.mode))
                   from pg_catalog.pg_locks x
                   join pg_catalog.pg_locks l on l.virtualtransaction = x.virtualtransaction and l.pid is null
                  where x.pid is null and x.locktype = 'transactionid' and x.transactionid = p.transaction
                    and l.locktype = 'relation' and l.granted
                    and l.relation = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[])
                    and l.database = (select d.oid from pg_catalog.pg_database d
                                       where d.datname = pg_catalog.current_database())), '[]')::text
  from pg_catalog.pg_prepared_xacts p
 order by p.prepared
