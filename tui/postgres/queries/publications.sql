-- virada: publications that carry, or would carry, the ledger
select p.pubname::text
  from pg_catalog.pg_publication p
 where p.puballtables
    or exists (select from pg_catalog.pg_publication_rel r
                where r.prpubid = p.oid and r.prrelid = to_regclass('virada.ledger'))
    or exists (select from pg_catalog.pg_publication_namespace s
                where s.pnpubid = p.oid and s.pnnspid = to_regnamespace('virada'))
 order by 1
