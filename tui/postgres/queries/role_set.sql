-- virada: SET ROLE, by name and not by text
select set_config('role', %s, false)
