-- virada: the relation that this session means by a name as it is written; asked where the script's own settings hold
select pg_catalog.to_regclass(%s::pg_catalog.text)::pg_catalog.oid
