-- virada: was this statement of this run committed
select xid::text, to_char(written at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  from virada.ledger
 where run = %s and step = %s and attempt = %s and statement = %s
