-- virada: publications that carry, or would carry, the ledger (PostgreSQL 14)
select p.pubname::text
  from pg_catalog.pg_publication p
 where p.puballtables
    or exists (select from pg_catalog.pg_publication_rel r
                where r.prpubid = p.oid and r.prrelid = to_regclass('virada.ledger'))
 order by 1
