-- virada: the sessions of runs in this database, by their name or by a key of ours that they hold: who they are, as far
-- as this role may see it, and whether each holds the first, the second and the third of three advisory keys. Asked also
-- in sessions that have no settings of ours, so that every name is qualified.
with here as (
  select d.oid from pg_catalog.pg_database d
   where d.datname operator(pg_catalog.=) pg_catalog.current_database()
), held as (
  select l.pid, (l.classid::pg_catalog.int8 operator(pg_catalog.<<) 32) operator(pg_catalog.|) l.objid::pg_catalog.int8
         as key
    from pg_catalog.pg_locks l, here
   where l.locktype operator(pg_catalog.=) 'advisory' and l.granted and l.objsubid operator(pg_catalog.=) 1::pg_catalog.int2
     and l.database operator(pg_catalog.=) here.oid
), ours as (
  select h.pid, pg_catalog.bool_or(h.key operator(pg_catalog.=) %(first)s::pg_catalog.int8) as first,
         pg_catalog.bool_or(h.key operator(pg_catalog.=) %(second)s::pg_catalog.int8) as second,
         pg_catalog.bool_or(h.key operator(pg_catalog.=) %(third)s::pg_catalog.int8) as third
    from held h
   where h.key operator(pg_catalog.=) %(first)s::pg_catalog.int8
      or h.key operator(pg_catalog.=) %(second)s::pg_catalog.int8
      or h.key operator(pg_catalog.=) %(third)s::pg_catalog.int8
   group by h.pid
)
select a.pid,
       coalesce(pg_catalog.to_char(pg_catalog.timezone('UTC', a.backend_start), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(a.application_name, ''), coalesce(a.usename::pg_catalog.text, ''),
       case when a.client_addr is not null then pg_catalog.host(a.client_addr)
            when a.client_port operator(pg_catalog.=) (-1)::pg_catalog.int4 then 'local' else '' end,
       coalesce(ours.first, false), coalesce(ours.second, false), coalesce(ours.third, false)
  from pg_catalog.pg_stat_activity a
  cross join here
  left join ours on ours.pid operator(pg_catalog.=) a.pid
 where a.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
   and (ours.pid is not null
        or (a.datid operator(pg_catalog.=) here.oid and pg_catalog.starts_with(a.application_name, 'virada ')))
 order by a.backend_start, a.pid
