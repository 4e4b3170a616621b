-- virada: the search path that a step asks for
select pg_catalog.set_config('search_path', %s, false)
