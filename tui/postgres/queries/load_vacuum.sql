-- virada: who vacuums one of these relations now, and of which one a vacuum against wraparound is due, or nearly. One
-- that autovacuum does gives way to who waits for it, but for that kind. A worker's lock is seen by all, what it does is
-- not (null)
with those as (
    select o.oid::pg_catalog.oid as oid from unnest(%(oids)s::pg_catalog.int8[]) as o (oid)
), working as (
    select l.pid, l.relation, a.backend_type,
           case when a.query like 'autovacuum: %%' then a.query like '%%(to prevent wraparound)%%'
                when a.backend_type = 'client backend' then true end as stays
      from pg_catalog.pg_locks l
      join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'relation' and l.granted and l.mode = 'ShareUpdateExclusiveLock'
       and l.relation in (select t.oid from those t)
       and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
       and (a.backend_type is null or a.backend_type = 'autovacuum worker'
            or exists (select from pg_catalog.pg_stat_progress_vacuum p where p.pid = l.pid))
), old as (
    select c.oid, greatest(pg_catalog.age(c.relfrozenxid), pg_catalog.age(t.relfrozenxid))::pg_catalog.int8 as age,
           greatest(pg_catalog.mxid_age(c.relminmxid), pg_catalog.mxid_age(t.relminmxid))::pg_catalog.int8 as multi,
           least(pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int8,
                 (select v.option_value::pg_catalog.int8 from pg_catalog.pg_options_to_table(c.reloptions) v
                   where v.option_name = 'autovacuum_freeze_max_age')) as most,
           least(pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int8,
                 (select v.option_value::pg_catalog.int8 from pg_catalog.pg_options_to_table(c.reloptions) v
                   where v.option_name = 'autovacuum_multixact_freeze_max_age')) as most_multi
      from those
      join pg_catalog.pg_class c on c.oid = those.oid
      left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
     where c.relkind in ('r', 'm') and c.relfrozenxid <> '0'
)
select w.relation::pg_catalog.int8, w.pid, coalesce(w.backend_type, ''), w.stays, null::pg_catalog.int8, null::pg_catalog.int8
  from working w
union all
select o.oid::pg_catalog.int8, null, '', null,
       case when o.age >= 0.9 * o.most then o.age else o.multi end,
       case when o.age >= 0.9 * o.most then o.most else o.most_multi end
  from old o
 where o.age >= 0.9 * o.most or o.multi >= 0.9 * o.most_multi
