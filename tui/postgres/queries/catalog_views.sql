-- virada: views and rules by their definition
select n.nspname || '.' || c.relname || case r.rulename when '_RETURN' then '' else ': ' || r.rulename end,
       pg_get_ruledef(r.oid)
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
