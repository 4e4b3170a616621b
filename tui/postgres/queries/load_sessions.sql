-- virada: what sessions of others do, and what they hold of these relations. Of sessions of other roles nothing is seen
-- without pg_monitor but who has them; those that do not track their activities say that (disabled). Locks are seen by all
with held as (
    select l.pid, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(l.relation::pg_catalog.int8, l.mode))::text as locks
      from pg_catalog.pg_locks l
     where l.locktype = 'relation' and l.granted and l.pid is not null
       and l.relation = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[])
       and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
     group by l.pid
), seen as (
    select a.*, (a.state is null and a.backend_type is null) or a.state = 'disabled' as hidden
      from pg_catalog.pg_stat_activity a
     where a.datid is not null and a.pid <> pg_catalog.pg_backend_pid()
       and coalesce(a.application_name, '') not like 'virada %%'
       and coalesce(a.backend_type, 'client backend') not in ('walsender', 'autovacuum worker', 'parallel worker')
)
select s.pid, coalesce(s.usename::text, ''), coalesce(s.application_name, ''),
       coalesce(pg_catalog.host(s.client_addr), ''), coalesce(s.datname::text, ''),
       s.datname = pg_catalog.current_database(), coalesce(s.state, ''), s.hidden,
       extract(epoch from clock_timestamp() - s.xact_start)::float8,
       extract(epoch from clock_timestamp() - s.state_change)::float8,
       s.backend_xmin is not null or s.backend_xid is not null, coalesce(h.locks, '[]'),
       count(*) filter (where s.state = 'active') over ()
  from seen s
  left join held h on h.pid = s.pid
 where s.hidden or h.locks is not null or s.xact_start is not null or s.state <> 'idle'
 order by s.xact_start nulls last
