-- virada: prepared transactions that hold what somebody waits for. They have no session: pg_blocking_pids says 0 for them
select distinct w.pid, p.gid, coalesce(p.owner::text, ''), coalesce(p.database::text, ''),
       extract(epoch from clock_timestamp() - p.prepared)::float8, w.mode, h.mode
  from pg_catalog.pg_locks w
  join pg_catalog.pg_locks h
    on h.granted and h.pid is null and w.locktype = h.locktype
   and (w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid)
       is not distinct from
       (h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid, h.classid, h.objid, h.objsubid)
  join pg_catalog.pg_locks x
    on x.virtualtransaction = h.virtualtransaction and x.pid is null and x.granted and x.locktype = 'transactionid'
  join pg_catalog.pg_prepared_xacts p on p.transaction = x.transactionid
 where not w.granted and w.pid = any (%s::int[])
