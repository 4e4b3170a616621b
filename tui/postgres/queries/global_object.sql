-- virada: is there a database, tablespace or subscription of this name; a database whose DROP was interrupted is invalid
select d.oid::bigint, d.datconnlimit <> -2 from pg_catalog.pg_database d where %(what)s = 'database' and d.datname = %(name)s
union all
select t.oid::bigint, true from pg_catalog.pg_tablespace t where %(what)s = 'tablespace' and t.spcname = %(name)s
union all
select s.oid::bigint, true from pg_catalog.pg_subscription s
 where %(what)s = 'subscription' and s.subname = %(name)s
   and s.subdbid = (select oid from pg_catalog.pg_database where datname = current_database())
