-- virada: functions and procedures, body and all; SECURITY DEFINER and settings are part of the definition. What an
-- extension brought is told by its version
select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
       'owner ' || pg_get_userbyid(p.proowner) || E'\n'
       || case when p.prokind <> 'a' then pg_get_functiondef(p.oid)
               else (select 'aggregate ' || (to_jsonb(a) - 'aggfnoid' - 'aggtranstype' - 'aggmtranstype' - 'aggsortop')::text
                            || ' of ' || format_type(a.aggtranstype, null) || ', ' || format_type(nullif(a.aggmtranstype, 0), null)
                            || ', sorts by ' || a.aggsortop::pg_catalog.regoperator::text
                       from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid) end
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
   and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid and e.deptype = 'e')
 order by 1
