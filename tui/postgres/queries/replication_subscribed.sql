-- virada: which subscriptions write into these relations, whether they work, and how often they failed
select s.subname::text, r.srrelid::pg_catalog.int8, r.srsubstate::text, s.subenabled,
       (select w.pid from pg_catalog.pg_stat_subscription w where w.subid = s.oid and w.relid is null
         order by w.pid nulls last limit 1),
       (select e.apply_error_count + e.sync_error_count
          from pg_catalog.pg_stat_subscription_stats e where e.subid = s.oid)
  from pg_catalog.pg_subscription_rel r
  join pg_catalog.pg_subscription s on s.oid = r.srsubid
 where r.srrelid = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[])
   and s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
 order by 1, 2
