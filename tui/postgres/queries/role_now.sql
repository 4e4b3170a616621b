-- virada: whose rights are in force in this session
select pg_catalog.current_setting('role')
