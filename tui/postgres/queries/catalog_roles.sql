-- virada: roles with what they may bypass, whom they belong to, and their settings outside any database. Roles belong
-- to the whole server
select r.rolname::text,
       jsonb_build_object('superuser', r.rolsuper, 'bypassrls', r.rolbypassrls, 'inherit', r.rolinherit,
           'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, 'login', r.rolcanlogin,
           'replication', r.rolreplication, 'connections', r.rolconnlimit, 'until', r.rolvaliduntil::text,
           'member_of', (select jsonb_agg(l.name order by l.name collate "C")
                           from (select pg_get_userbyid(m.roleid)::text
                                        || case when m.admin_option then '*' else '' end as name
                                   from pg_catalog.pg_auth_members m where m.member = r.oid) as l),
           'settings', (select jsonb_agg(l.line order by l.line collate "C")
                          from (select u.line from pg_catalog.pg_db_role_setting s cross join unnest(s.setconfig) as u (line)
                                 where s.setrole = r.oid and s.setdatabase = 0) as l))::text
  from pg_catalog.pg_roles r
 where r.rolname !~ '^pg_'
 order by 1
