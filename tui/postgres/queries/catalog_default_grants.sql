-- virada: what will be granted on objects yet to be created
select pg_get_userbyid(d.defaclrole) || ' in ' || coalesce(n.nspname, '*') || ' on ' || d.defaclobjtype::text,
       coalesce((select string_agg(l.line, E'\n' order by l.line collate "C")
                   from (select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end
                                || ' ' || a.privilege_type || case when a.is_grantable then '*' else '' end as line
                           from aclexplode(d.defaclacl) as a) as l), '')
  from pg_catalog.pg_default_acl d
  left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
 order by 1
