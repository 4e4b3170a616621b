-- virada: operators and their classes and families, collations, conversions, languages, text search: that they are
-- there, and of those that have definitions of their own what these say
select i.type || ' ' || i.identity,
       (x.row - array['oid', 'oprname', 'collname', 'lanname', 'oprowner', 'opcowner', 'opfowner', 'collowner', 'conowner', 'lanowner',
                      'cfgowner', 'dictowner', 'oprnamespace', 'opcnamespace', 'opfnamespace', 'collnamespace', 'connamespace',
                      'cfgnamespace', 'dictnamespace', 'oprleft', 'oprright', 'oprresult', 'oprcom', 'oprnegate', 'opcfamily',
                      'opcintype', 'opckeytype', 'opcmethod', 'opfmethod', 'lanplcallfoid', 'laninline', 'lanvalidator', 'lanacl',
                      'cfgparser', 'dicttemplate', 'collversion'])::text
       || coalesce(' owner ' || pg_get_userbyid(x.owner), '')
  from (select 'pg_catalog.pg_operator'::pg_catalog.regclass as class, o.oid, to_jsonb(o) as row, o.oprowner as owner from pg_catalog.pg_operator o
        union all select 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, to_jsonb(o), o.opcowner from pg_catalog.pg_opclass o
        union all select 'pg_catalog.pg_opfamily'::pg_catalog.regclass, o.oid, to_jsonb(o), o.opfowner from pg_catalog.pg_opfamily o
        union all select 'pg_catalog.pg_collation'::pg_catalog.regclass, o.oid, to_jsonb(o), o.collowner from pg_catalog.pg_collation o
        union all select 'pg_catalog.pg_conversion'::pg_catalog.regclass, o.oid, to_jsonb(o), o.conowner from pg_catalog.pg_conversion o
        union all select 'pg_catalog.pg_language'::pg_catalog.regclass, o.oid, to_jsonb(o), o.lanowner from pg_catalog.pg_language o
        union all select 'pg_catalog.pg_ts_config'::pg_catalog.regclass, o.oid, to_jsonb(o), o.cfgowner from pg_catalog.pg_ts_config o
        union all select 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, o.oid, to_jsonb(o), o.dictowner from pg_catalog.pg_ts_dict o) as x
 cross join lateral pg_identify_object(x.class, x.oid, 0) as i
 where x.oid >= 16384 and coalesce(i.schema, '') !~ '^pg_t' and coalesce(i.schema, '') not in ('information_schema', 'virada')
   and not exists (select from pg_catalog.pg_depend e where e.classid = x.class and e.objid = x.oid and e.deptype = 'e')
 order by 1
