-- virada: the transaction that is prepared under this gid in this database, with all 64 bits of its id, which is an old one
select p.transaction::text, to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       (with now as (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xmax)
        select ((now.xmax >> 32) - (p.transaction::text::bigint > (now.xmax & 4294967295))::int << 32)
               + p.transaction::text::bigint from now)::text
  from pg_catalog.pg_prepared_xacts p
 where p.gid = %s and p.database = current_database()
