-- virada: is there a ledger, is it ours, may this session use it
select has_schema_privilege(n.oid, 'USAGE'),
       c.oid is not null,
       coalesce(has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT'), false),
       -- a table that loses rows in a crash, hides or rewrites them is none
       coalesce(c.relkind = 'r' and c.relpersistence = 'p' and not c.relrowsecurity
                and not exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
                and not exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid)
                -- expressions of somebody else's would be evaluated with the rights of whoever inserts
                and not exists (select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype not in ('p', 'n'))
                and not exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and not i.indisprimary)
                and not exists (select from pg_catalog.pg_attrdef d
                                  join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
                                 where d.adrelid = c.oid and a.attname || ' ' || pg_get_expr(d.adbin, d.adrelid) not in (
                                       'xid pg_current_xact_id()', 'pid pg_backend_pid()',
                                       'written clock_timestamp()', 'account SESSION_USER', 'account "session_user"()'))
                -- and whose table it is can put a trigger there; a superuser is a member of every role, which says nothing
                and not exists (select from pg_catalog.pg_roles o, pg_catalog.pg_roles s
                                 where o.oid in (c.relowner, n.nspowner) and s.rolname = session_user
                                   and not o.rolsuper and o.oid <> s.oid
                                   and not case when s.rolsuper
                                                then exists (select from pg_catalog.pg_auth_members m
                                                              where m.roleid = o.oid and m.member = s.oid)
                                                else pg_has_role(s.oid, o.oid, 'MEMBER') end), false),
       coalesce((select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attname)
                   from pg_catalog.pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), ''),
       coalesce((select string_agg(a.attname, ', ' order by k.place)
                   from pg_catalog.pg_index i
                   cross join unnest(i.indkey) with ordinality as k (attnum, place)
                   join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                  where i.indrelid = c.oid and i.indisprimary), '')
  from pg_catalog.pg_namespace n
  left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'ledger'
 where n.nspname = 'virada'
