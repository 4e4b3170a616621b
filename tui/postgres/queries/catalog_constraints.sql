-- virada: constraints of tables and domains, and whether they were ever checked against the rows there are
select n.nspname || '.' || coalesce(c.relname, t.typname) || ': ' || o.conname,
       pg_get_constraintdef(o.oid) || case when o.convalidated then '' else ' (not validated)' end
  from pg_catalog.pg_constraint o
  join pg_catalog.pg_namespace n on n.oid = o.connamespace
  left join pg_catalog.pg_class c on c.oid = o.conrelid
  left join pg_catalog.pg_type t on t.oid = o.contypid
 -- 18 lists NOT NULL here as well; the columns say it in every version
 where o.contype <> 'n' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
