-- virada: how many large objects there are; their content is not looked at
select count(*) from pg_catalog.pg_largeobject_metadata
