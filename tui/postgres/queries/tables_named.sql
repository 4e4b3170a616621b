-- virada: the tables of these names, of an index its table. Where a name has no schema it is the first on the search path that the plan's
-- sessions begin with, and where none is there every one of that name
with way as (
    select p.place, case trim(both '" ' from p.schema) when '$user' then session_user::pg_catalog.text
                    else trim(both '" ' from p.schema) end as schema
      from pg_catalog.pg_settings s,
           unnest(pg_catalog.string_to_array(s.reset_val, ',')) with ordinality as p (schema, place)
     where s.name = 'search_path'
), word as (
    select w.schema, w.name, w.named
      from unnest(%(schemas)s::pg_catalog.text[], %(names)s::pg_catalog.text[], %(named)s::pg_catalog.bool[])
           as w (schema, name, named)
), there as (
    select c.oid, n.nspname, c.relname, c.relkind, w.schema, w.named, way.place,
           min(way.place) over (partition by w.schema, w.name) as first
      from word w
      join pg_catalog.pg_class x on x.relname = w.name::pg_catalog.name
      left join pg_catalog.pg_index i on i.indexrelid = x.oid
      join pg_catalog.pg_class c on c.oid = coalesce(i.indrelid, x.oid)
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join way on way.schema = n.nspname
     where (w.schema = '' or n.nspname = w.schema::pg_catalog.name)
       and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
       and c.relkind in ('r', 'p', 'm', 'f')
)
select t.oid::pg_catalog.int8, t.nspname::pg_catalog.text, t.relname::pg_catalog.text, t.relkind::pg_catalog.text,
       bool_or(t.named)
  from there t
 where t.schema <> '' or t.first is null or t.place = t.first
 group by 1, 2, 3, 4
 order by 2, 3
