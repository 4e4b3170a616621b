-- virada: row-level security policies with their whole expressions; a name says nothing about what it allows
select n.nspname || '.' || c.relname || ': ' || p.polname,
       jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
           'roles', (select jsonb_agg(l.name order by l.name collate "C")
                       from (select case r.oid when 0 then 'public' else pg_get_userbyid(r.oid)::text end as name
                               from unnest(p.polroles) as r (oid)) as l),
           'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))::text
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
