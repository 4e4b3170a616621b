-- virada: extended statistics
select n.nspname || '.' || s.stxname,
       jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid), 'owner', pg_get_userbyid(s.stxowner)::text,
           'target', nullif(coalesce(s.stxstattarget, -1), -1))::text
  from pg_catalog.pg_statistic_ext s
  join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
