-- virada: bytes of this database without its system catalogues, which make up most of a small one
select pg_catalog.pg_database_size(pg_catalog.current_database())
       - (select sum(pg_catalog.pg_total_relation_size(c.oid))
            from pg_catalog.pg_class c
           where c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and c.relkind = 'r' and not c.relisshared)::pg_catalog.int8
