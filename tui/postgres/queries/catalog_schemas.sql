-- virada: schemas and whose they are
select n.nspname::text, 'owner ' || pg_get_userbyid(n.nspowner)
  from pg_catalog.pg_namespace n
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
