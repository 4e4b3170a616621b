-- virada: extensions with their versions
select e.extname::text, 'version ' || e.extversion || ' in ' || n.nspname || ', owner ' || pg_get_userbyid(e.extowner)
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
 order by 1
