-- virada: which databases bear these names, and which are of these oids
select d.datname, d.oid::pg_catalog.int8
  from pg_catalog.pg_database d
 where d.datname = any (%(names)s::pg_catalog.name[]) or d.oid = any (%(oids)s::pg_catalog.oid[])
