-- virada: publications with what they carry
select p.pubname::text,
       (to_jsonb(p) - 'oid' - 'pubname' - 'pubowner' || jsonb_build_object('owner', pg_get_userbyid(p.pubowner)::text,
           'schemas', (select jsonb_agg(n.nspname order by n.nspname collate "C") from pg_catalog.pg_publication_namespace s
                         join pg_catalog.pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid),
           'tables', (select jsonb_agg(l.line order by l.line collate "C")
                        from (select r.prrelid::pg_catalog.regclass::text || coalesce((select ' (' || string_agg(a.attname, ', ' order by a.attname) || ')' from pg_catalog.pg_attribute a
                                                 where a.attrelid = r.prrelid and a.attnum = any (r.prattrs::int2[])), '')
                                     || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), '') as line
                                from pg_catalog.pg_publication_rel r where r.prpubid = p.oid) as l)))::text
  from pg_catalog.pg_publication p
 order by 1
