-- virada: constraints of tables and domains, whether they were ever checked against the rows there are, and whether
-- they are enforced. 18 lists NOT NULL here as well: it alone says which of those were never checked
select n.nspname || '.' || coalesce(c.relname, t.typname) || ': ' || o.conname,
       jsonb_build_object('definition', pg_get_constraintdef(o.oid), 'validated', o.convalidated,
           'enforced', coalesce((to_jsonb(o) ->> 'conenforced')::boolean, true), 'local', o.conislocal,
           'comes_by', o.coninhcount)::text
  from pg_catalog.pg_constraint o
  join pg_catalog.pg_namespace n on n.oid = o.connamespace
  left join pg_catalog.pg_class c on c.oid = o.conrelid
  left join pg_catalog.pg_type t on t.oid = o.contypid
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
