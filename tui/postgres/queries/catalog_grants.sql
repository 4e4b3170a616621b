-- virada: who may do what: one line per grantee and privilege, owners' implied rights included
select l.object, string_agg(l.line, E'\n' order by l.line collate "C")
  from (
select x.object, case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end
                 || ' ' || a.privilege_type || case when a.is_grantable then '*' else '' end
                 || ' by ' || pg_get_userbyid(a.grantor) as line
  from (select 'relation ' || n.nspname || '.' || c.relname as object,
               coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
        union all
        select 'column ' || n.nspname || '.' || c.relname || '.' || t.attname, t.attacl
          from pg_catalog.pg_attribute t join pg_catalog.pg_class c on c.oid = t.attrelid
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where t.attacl is not null and not t.attisdropped and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
        union all
        select 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
               coalesce(p.proacl, acldefault('f', p.proowner))
          from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
         where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
           and (p.proacl is not null or not exists (select from pg_catalog.pg_depend e
                 where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid and e.deptype = 'e'))
        union all
        select 'schema ' || n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner))
          from pg_catalog.pg_namespace n where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
        union all
        select 'type ' || n.nspname || '.' || t.typname, t.typacl
          from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
         where t.typacl is not null and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
        union all
        select 'language ' || n.lanname, n.lanacl from pg_catalog.pg_language n where n.lanacl is not null
        union all
        select 'server ' || n.srvname, n.srvacl from pg_catalog.pg_foreign_server n where n.srvacl is not null
        union all
        select 'wrapper ' || n.fdwname, n.fdwacl from pg_catalog.pg_foreign_data_wrapper n where n.fdwacl is not null
        union all
        select 'database', coalesce(d.datacl, acldefault('d', d.datdba))
          from pg_catalog.pg_database d where d.datname = current_database()) as x
 cross join lateral aclexplode(x.acl) as a) as l
 group by l.object
 order by 1
