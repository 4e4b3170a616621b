-- virada: casts beyond those of the system and of extensions
select format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null),
       jsonb_build_object('function', nullif(c.castfunc, 0)::pg_catalog.regprocedure::text, 'context', c.castcontext, 'method', c.castmethod)::text
  from pg_catalog.pg_cast c
 where c.oid >= 16384
   and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')
 order by 1
