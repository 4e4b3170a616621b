-- virada: constraints that were never checked against the rows there are, and such as are not enforced at all
select n.nspname || '.' || coalesce(c.relname, t.typname) || ': ' || o.conname,
       coalesce((to_jsonb(o) ->> 'conenforced')::pg_catalog.bool, true)
  from pg_catalog.pg_constraint o
  join pg_catalog.pg_namespace n on n.oid = o.connamespace
  left join pg_catalog.pg_class c on c.oid = o.conrelid
  left join pg_catalog.pg_type t on t.oid = o.contypid
 where not o.convalidated and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
