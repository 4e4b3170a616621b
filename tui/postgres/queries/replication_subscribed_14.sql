-- virada: which subscriptions write into these relations, and whether they work (PostgreSQL 14 does not count failures)
select s.subname::text, r.srrelid::pg_catalog.int8, r.srsubstate::text, s.subenabled,
       (select w.pid from pg_catalog.pg_stat_subscription w where w.subid = s.oid and w.relid is null
         order by w.pid nulls last limit 1),
       null::pg_catalog.int8
  from pg_catalog.pg_subscription_rel r
  join pg_catalog.pg_subscription s on s.oid = r.srsubid
 where r.srrelid = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[])
   and s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
 order by 1, 2
