-- virada: rows that this transaction has inserted, updated and deleted so far, in whatever table, by the server's own
-- count; nothing where it does not count. Asked in a script's own session: nothing of its search path is called
select pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid))::pg_catalog.int8,
       pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid))::pg_catalog.int8,
       pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))::pg_catalog.int8
  from pg_catalog.pg_class c
 where c.relkind OPERATOR(pg_catalog.=) 'r'
   and c.relnamespace OPERATOR(pg_catalog.<>) 11
   and pg_catalog.current_setting('track_counts') OPERATOR(pg_catalog.=) 'on'
