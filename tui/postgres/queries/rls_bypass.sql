-- virada: of these roles, which are not under row-level security at all, and which own one of these tables; NULL: no such role
select w.name, r.rolsuper or r.rolbypassrls,
       array(select n.nspname || '.' || c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where c.oid = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[]) and pg_has_role(r.oid, c.relowner, 'USAGE')
                and c.relrowsecurity and not c.relforcerowsecurity order by 1)
  from unnest(%(roles)s::pg_catalog.text[]) as w (name)
  left join pg_catalog.pg_roles r on r.rolname = w.name
 order by 1
