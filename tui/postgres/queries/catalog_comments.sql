-- virada: comments and security labels on anything but what the system or an extension brought
select i.type || ' ' || i.identity, string_agg(d.line, E'\n' order by d.line collate "C")
  from (select classoid, objoid, objsubid, description as line from pg_catalog.pg_description where objoid >= 16384
        union all
        select classoid, objoid, objsubid, 'label ' || provider || ': ' || label from pg_catalog.pg_seclabel
        union all
        select s.classoid, s.objoid, 0, s.description from pg_catalog.pg_shdescription s
         where s.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass and s.objoid >= 16384) as d
 cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) as i
 where i.identity is not null and coalesce(i.schema, '') !~ '^pg_' and coalesce(i.schema, '') not in ('information_schema', 'virada')
   and not exists (select from pg_catalog.pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
   and d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
 group by 1
 order by 1
