-- virada: types with their owners: labels of enums in their order, domains with NOT NULL, ranges with what they range over
select n.nspname || '.' || t.typname,
       jsonb_strip_nulls(jsonb_build_object('kind', t.typtype, 'owner', pg_get_userbyid(t.typowner)::text,
           'labels', (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid),
           'base', case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) end, 'not_null', t.typnotnull,
           'default', t.typdefault,
           'collation', (select o.collname from pg_catalog.pg_collation o where o.oid = t.typcollation),
           'storage', t.typstorage,
           'input', case t.typtype when 'b' then t.typinput::text end,
           'subtype', (select format_type(r.rngsubtype, null) from pg_catalog.pg_range r where r.rngtypid = t.oid)))::text
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
 where (c.oid is null or c.relkind = 'c') and t.typelem = 0 and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
   and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e')
 order by 1
