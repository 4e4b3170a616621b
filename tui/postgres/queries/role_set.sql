-- virada: SET ROLE, by name and not by text
select pg_catalog.set_config('role', %s, false)
