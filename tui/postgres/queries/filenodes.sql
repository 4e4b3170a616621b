-- virada: the files of relations as the asking transaction sees them; one that it has dropped has no row
select c.oid::int8, c.relfilenode::int8 from pg_catalog.pg_class c where c.oid in ($OIDS)
