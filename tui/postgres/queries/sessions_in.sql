-- virada: who keeps these databases from being renamed: every session in them but autovacuum's, which gives way. What a
-- role may not see of another's session is null.
select a.datid::pg_catalog.int8, a.pid,
       coalesce(pg_catalog.to_char(pg_catalog.timezone('UTC', a.backend_start), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(a.usename, ''),
       coalesce(a.application_name, ''), coalesce(pg_catalog.host(a.client_addr), ''), coalesce(a.state, ''),
       coalesce(a.backend_type, '')
  from pg_catalog.pg_stat_activity a
 where a.datid = any (%(oids)s::pg_catalog.oid[]) and a.pid <> pg_catalog.pg_backend_pid()
   and coalesce(a.backend_type, '') not in ('autovacuum worker', 'parallel worker')
 order by a.backend_start, a.pid
