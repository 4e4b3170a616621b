-- virada: the views of these names, schema.name or name alone: then the first on the search path that the plan's sessions
-- begin with, and where none is there every one of that name
with way as (
    select p.place, case trim(both '" ' from p.schema) when '$user' then session_user::pg_catalog.text
                    else trim(both '" ' from p.schema) end as schema
      from pg_catalog.pg_settings s,
           unnest(pg_catalog.string_to_array(s.reset_val, ',')) with ordinality as p (schema, place)
     where s.name = 'search_path'
), there as (
    select c.oid, n.nspname, c.relname, w.name as word, way.place,
           min(way.place) over (partition by w.name) as first, n.nspname || '.' || c.relname = w.name as whole
      from unnest(%(names)s::pg_catalog.text[]) as w (name)
      join pg_catalog.pg_class c on c.relname = w.name::pg_catalog.name
        or (w.name like '%%.%%' and c.relname = substr(w.name, strpos(w.name, '.') + 1)::pg_catalog.name)
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join way on way.schema = n.nspname
     where c.relkind = 'v' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
       and (n.nspname || '.' || c.relname = w.name or c.relname = w.name)
)
select distinct t.oid::pg_catalog.int8, t.nspname::pg_catalog.text, t.relname::pg_catalog.text
  from there t
 where t.whole or t.first is null or t.place = t.first
 order by 2, 3
