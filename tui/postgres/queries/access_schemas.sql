-- virada: whether roles may make something in schemas, or with a null schemas. An empty schema is the first on the search
-- path that the plan's sessions begin with, as far as the role may use it; an empty role is the one that logged in. Last come
-- the schema's name, whether it is there, and the role's name, null where there is none
with need as (
    select n.schema, n.role, r.oid, r.rolname
      from unnest(%(schemas)s::pg_catalog.text[], %(roles)s::pg_catalog.text[]) as n (schema, role)
      left join pg_catalog.pg_roles r
        on r.rolname = case n.role when '' then session_user else n.role::pg_catalog.name end
), place as (
    select need.*, case when need.schema <> '' then need.schema else (
           select s.nspname::pg_catalog.text
             from pg_catalog.pg_settings g,
                  unnest(pg_catalog.string_to_array(g.reset_val, ',')) with ordinality as p (name, place)
             join pg_catalog.pg_namespace s
               on s.nspname = case trim(both '" ' from p.name) when '$user' then need.rolname::pg_catalog.text
                              else trim(both '" ' from p.name) end
            where g.name = 'search_path' and pg_catalog.has_schema_privilege(need.oid, s.oid, 'usage')
            order by p.place limit 1) end as name
      from need
)
select p.schema, p.role,
       case when p.oid is null then false
            when p.schema is null
            then pg_catalog.has_database_privilege(p.oid, pg_catalog.current_database(), 'create')
            when n.oid is null then null
            else pg_catalog.has_schema_privilege(p.oid, n.oid, 'create') end,
       p.name, n.oid is not null, p.rolname::pg_catalog.text
  from place p
  left join pg_catalog.pg_namespace n on n.nspname = p.name
