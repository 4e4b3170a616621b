-- virada: whether the role that logged in may create databases
select r.rolsuper or r.rolcreatedb from pg_catalog.pg_roles r where r.rolname = session_user
