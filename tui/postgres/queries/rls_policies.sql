-- virada: the policies of these tables with their whole expressions
select n.nspname || '.' || c.relname, p.polname::text,
       case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
       p.polpermissive,
       array(select case r.oid when 0 then 'public' else pg_get_userbyid(r.oid)::text end from unnest(p.polroles) as r (oid) order by 1),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname || '.' || c.relname = any (%(tables)s::pg_catalog.text[])
 order by 1, 2
