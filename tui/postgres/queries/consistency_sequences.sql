-- virada: sequences that columns of these tables are filled from, how they count and what they give next. NULL as the
-- next value: this role may not know
select distinct n.nspname || '.' || s.relname, x.schema, x.relname, x.attname, q.seqincrement,
       case when has_sequence_privilege(s.oid, 'SELECT, USAGE')
            then coalesce(pg_sequence_last_value(s.oid) + q.seqincrement, q.seqstart) end
  from (select d.objid as sequence, c.oid, m.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid
          from pg_catalog.pg_depend d
          join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid and a.attidentity <> ''
          join pg_catalog.pg_class c on c.oid = a.attrelid
          join pg_catalog.pg_namespace m on m.oid = c.relnamespace
         where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype = 'i'
        union all
        select d.refobjid, c.oid, m.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid
          from pg_catalog.pg_depend d
          join pg_catalog.pg_attrdef f on f.oid = d.objid
          join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
          join pg_catalog.pg_class c on c.oid = a.attrelid
          join pg_catalog.pg_namespace m on m.oid = c.relnamespace
         where d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) as x
  join pg_catalog.pg_class s on s.oid = x.sequence and s.relkind = 'S'
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  join pg_catalog.pg_sequence q on q.seqrelid = s.oid and not q.seqcycle
 where x.oid = any (%(oids)s::pg_catalog.int8[]::pg_catalog.oid[]) and x.atttypid in (20, 21, 23, 1700)
 order by 1, 2, 3, 4
