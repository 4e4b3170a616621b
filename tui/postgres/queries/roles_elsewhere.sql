-- virada: roles that nothing in this database concerns: they own nothing here, no grant, policy or setting of it names
-- them, they are no member of one of which that is true, and they bypass nothing
with recursive here as (
    select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
), bears (oid) as (
    select r.oid from pg_catalog.pg_roles r where r.rolsuper or r.rolbypassrls
    union
    select d.refobjid
      from pg_catalog.pg_shdepend d, here
     where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
       and (d.dbid = here.oid or (d.classid = 'pg_catalog.pg_database'::pg_catalog.regclass and d.objid = here.oid))
    union
    select s.setrole from pg_catalog.pg_db_role_setting s, here where s.setdatabase = here.oid and s.setrole <> 0
    union
    select m.member from bears join pg_catalog.pg_auth_members m on m.roleid = bears.oid
)
select r.rolname::pg_catalog.text
  from pg_catalog.pg_roles r
 where r.rolname !~ '^pg_' and not exists (select from bears b where b.oid = r.oid)
 order by 1
