-- virada: what it takes to change each of these settings
select s.name, s.context from pg_catalog.pg_settings s where s.name = any (%s::text[])
