-- virada: publications with what they carry
select p.pubname::text,
       (to_jsonb(p) - 'oid' - 'pubname' - 'pubowner' || jsonb_build_object('owner', pg_get_userbyid(p.pubowner)::text,
           'tables', (select jsonb_agg(l.line order by l.line collate "C")
                        from (select r.prrelid::pg_catalog.regclass::text as line
                                from pg_catalog.pg_publication_rel r where r.prpubid = p.oid) as l)))::text
  from pg_catalog.pg_publication p
 order by 1
