-- virada: what these roles can read past row-level security; what is found for anybody's roles alone, the others may be
-- meant to read. Roles that bypass it by themselves are left out
with recursive who as (
    select r.oid, r.rolname::text as name, r.rolname = any (%(anonymous)s::pg_catalog.text[]) as anybody
      from pg_catalog.pg_roles r
     where r.rolname = any (%(roles)s::pg_catalog.text[]) and not r.rolsuper and not r.rolbypassrls
), rel as (
    select c.oid, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relispartition, n.oid as schema,
           n.nspname || '.' || c.relname as name,
           c.relkind = 'v' and exists (select from unnest(c.reloptions) as o (line)
                                        where o.line ~ '^security_invoker=(true|on|1|yes|t|y)$') as invoker
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
), reads as (
    select distinct w.ev_class as view, d.refobjid as rel
      from pg_catalog.pg_rewrite w
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
           and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> w.ev_class
), way as (
    -- Whose rights a view's tables are read with: those of the nearest view above that is no invoker's, 0 the caller's.
    select v.oid as view, case when v.invoker then 0::pg_catalog.oid else v.relowner end as reader, x.rel
      from rel v join reads x on x.view = v.oid where v.relkind = 'v'
    union
    select w.view, case when v.invoker then w.reader else v.relowner end, x.rel
      from way w join rel v on v.oid = w.rel and v.relkind = 'v' join reads x on x.view = v.oid
), past as (
    select distinct w.view, t.name as source
      from way w
      join rel t on t.oid = w.rel and t.relrowsecurity
      join pg_catalog.pg_roles o on o.oid = w.reader
     where o.rolsuper or o.rolbypassrls or (not t.relforcerowsecurity and pg_has_role(o.oid, t.relowner, 'USAGE'))
)
select f.kind, f.name, f.role, f.of
  from (select 'partitions' as kind, r.name, w.name as role, p.name as of
          from rel r
          join who w on has_schema_privilege(w.oid, r.schema, 'USAGE') and has_any_column_privilege(w.oid, r.oid, 'SELECT')
          join lateral (select a.name from pg_catalog.pg_partition_ancestors(r.oid) x join rel a on a.oid = x.relid
                         where a.oid <> r.oid and a.relrowsecurity limit 1) as p on true
         where r.relispartition and not r.relrowsecurity
        union all
        select 'views', r.name, w.name, p.source
          from past p join rel r on r.oid = p.view
          join who w on has_schema_privilege(w.oid, r.schema, 'USAGE') and has_any_column_privilege(w.oid, r.oid, 'SELECT')
        union all
        select case r.relkind when 'm' then 'materialized_views' else 'tables' end, r.name, w.name, ''
          from rel r
          join who w on w.anybody and has_schema_privilege(w.oid, r.schema, 'USAGE') and has_any_column_privilege(w.oid, r.oid, 'SELECT')
         where r.relkind = 'm' or (r.relkind in ('r', 'p', 'f') and not r.relrowsecurity
               -- A partition of a table under policies is told as one.
               and not (r.relispartition and exists (select from pg_catalog.pg_partition_ancestors(r.oid) x
                                                       join rel a on a.oid = x.relid where a.oid <> r.oid)))
        union all
        select 'functions', n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', w.name,
               coalesce((select string_agg(t.name, ', ' order by t.name) from rel t where t.relrowsecurity
                            and position(lower(split_part(t.name, '.', 2)) in lower(coalesce(p.prosrc, ''))) > 0), '')
          from pg_catalog.pg_proc p
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
          join pg_catalog.pg_roles o on o.oid = p.proowner
          join who w on w.anybody and has_schema_privilege(w.oid, n.oid, 'USAGE') and has_function_privilege(w.oid, p.oid, 'EXECUTE')
         where p.prosecdef and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
           and p.prorettype not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
           and (o.rolsuper or o.rolbypassrls or exists (select from rel t where t.relrowsecurity and not t.relforcerowsecurity
                                                           and pg_has_role(o.oid, t.relowner, 'USAGE')))) as f
 order by 1, 2, 3
