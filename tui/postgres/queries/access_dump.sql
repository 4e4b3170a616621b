-- virada: what keeps a role from dumping all of the database: tables and sequences that it may not read, and tables of
-- which policies would hide rows from it. What belongs to an extension is not dumped. An empty role is the one that
-- logged in
with me as (
    select r.oid, r.rolname, r.rolsuper, r.rolbypassrls
      from pg_catalog.pg_roles r
     where r.rolname = case %(role)s when '' then session_user else %(role)s::pg_catalog.name end
), relation as (
    select n.nspname || '.' || c.relname as name,
           case when c.relkind = 'S' then pg_catalog.has_sequence_privilege(me.oid, c.oid, 'select')
                else pg_catalog.has_table_privilege(me.oid, c.oid, 'select') end
           and pg_catalog.has_schema_privilege(me.oid, n.oid, 'usage') as readable,
           c.relrowsecurity and not me.rolsuper and not me.rolbypassrls
           and (c.relforcerowsecurity or not pg_catalog.pg_has_role(me.oid, c.relowner, 'usage')) as cut_short,
           c.relforcerowsecurity as forced
      from me, pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
)
select (select m.rolname::pg_catalog.text from me m), count(*)::pg_catalog.int8,
       count(*) filter (where not r.readable)::pg_catalog.int8, count(*) filter (where r.cut_short)::pg_catalog.int8,
       coalesce((array_agg(r.name order by r.name) filter (where not r.readable))[1:50], '{}'),
       coalesce((array_agg(r.name || case when r.forced then ' (FORCE)' else '' end order by r.name)
                 filter (where r.cut_short))[1:50], '{}')
  from relation r
