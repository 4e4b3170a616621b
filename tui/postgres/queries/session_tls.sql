-- virada: how this session's connection is encrypted, as the server sees it
select s.ssl, s.version, s.cipher, coalesce(g.encrypted, false)
  from pg_catalog.pg_stat_ssl s
  left join pg_catalog.pg_stat_gssapi g on g.pid = s.pid
 where s.pid = pg_catalog.pg_backend_pid()
