-- virada: how many sessions here may have written what the statistics do not count yet, and how many of them are the
-- run's own. A session tells them between its transactions and at its end; one that is idle has told all of it after 70
-- seconds (ten, and sixty where others were in the way), before 15 never. What a role may not see of another's session is
-- null, and nothing is known of it.
with late as (
  select coalesce(pg_catalog.starts_with(a.application_name, %(ours)s), false) as ours
    from pg_catalog.pg_stat_activity a
    join pg_catalog.pg_database d on d.oid operator(pg_catalog.=) a.datid
   where d.datname operator(pg_catalog.=) pg_catalog.current_database()
     and a.pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()
     and a.pid operator(pg_catalog.<>) all (%(quiet)s::pg_catalog.int4[])
     and coalesce(a.backend_type, '') not in ('autovacuum worker', 'walsender')
     and not coalesce(pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 150000 and a.state = 'idle'
                      and a.state_change < pg_catalog.clock_timestamp() - interval '70 s', false)
)
select pg_catalog.count(*), pg_catalog.count(*) filter (where ours) from late
