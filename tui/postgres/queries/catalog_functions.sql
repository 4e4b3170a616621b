-- virada: functions and procedures, body and all; SECURITY DEFINER and settings are part of the definition
select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
       'owner ' || pg_get_userbyid(p.proowner) || E'\n'
       || case when p.prokind = 'a' then 'aggregate' else pg_get_functiondef(p.oid) end
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
