-- virada: what belongs to a database itself, which a dump of its contents does not bring into another one. pg_database is
-- asked whole, because its columns differ between versions.
select (pg_catalog.to_jsonb(d) || pg_catalog.jsonb_build_object(
         'oid', d.oid::pg_catalog.int8,
         'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
         'owner', pg_catalog.pg_get_userbyid(d.datdba),
         'tablespace', (select t.spcname from pg_catalog.pg_tablespace t where t.oid = d.dattablespace),
         'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),
         'grants', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
                             pg_catalog.pg_get_userbyid(a.grantor),
                             case a.grantee when 0 then '' else pg_catalog.pg_get_userbyid(a.grantee) end,
                             a.privilege_type, a.is_grantable)), '[]')
                      from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a),
         'settings', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(r.rolname, s.setconfig)
                                        order by r.rolname nulls first), '[]')
                        from pg_catalog.pg_db_role_setting s
                        left join pg_catalog.pg_roles r on r.oid = s.setrole
                       where s.setdatabase = d.oid),
         'labels', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(l.provider, l.label)
                                      order by l.provider), '[]')
                      from pg_catalog.pg_shseclabel l
                     where l.objoid = d.oid and l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass)
       ))::pg_catalog.text
  from pg_catalog.pg_database d
 where d.datname = coalesce(%(name)s::pg_catalog.name, pg_catalog.current_database())
