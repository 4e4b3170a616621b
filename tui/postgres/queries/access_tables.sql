-- virada: whether roles may do what the plan's statements need of tables: 'owner', or a privilege, or several of which
-- one will do; null where a role has the privilege on some columns alone. An empty role is the one that logged in. Last
-- come its name, null where there is none, and whose the table is
with need as (
    select n.oid, n.role, n.need
      from unnest(%(oids)s::pg_catalog.int8[], %(roles)s::pg_catalog.text[], %(needs)s::pg_catalog.text[])
           as n (oid, role, need)
)
select n.oid, n.role, n.need,
       case when r.oid is null then false
            when n.need = 'owner' then pg_catalog.pg_has_role(r.oid, c.relowner, 'usage')
            when not pg_catalog.has_schema_privilege(r.oid, c.relnamespace, 'usage') then false
            when pg_catalog.has_table_privilege(r.oid, c.oid, n.need) then true
            when n.need in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                 and pg_catalog.has_any_column_privilege(r.oid, c.oid, n.need) then null
            else false end,
       r.rolname::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text
  from need n
  join pg_catalog.pg_class c on c.oid = n.oid::pg_catalog.oid
  left join pg_catalog.pg_roles r
    on r.rolname = case n.role when '' then session_user else n.role::pg_catalog.name end
