-- virada: the transaction that is prepared under this gid in this database
select transaction::text, to_char(prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), owner::text
  from pg_catalog.pg_prepared_xacts
 where gid = %s and database = current_database()
