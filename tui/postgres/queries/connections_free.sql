-- How many connections ordinary roles may use, and how many client backends there are. What a session of another role is
-- is hidden without pg_monitor, whose it is is not. Then the limits that this database and this role have of their own
select
  pg_catalog.current_setting('max_connections')::int
    - pg_catalog.current_setting('superuser_reserved_connections')::int
    - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int,
  count(*) filter (where client)::int,
  (select d.datconnlimit from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()),
  count(*) filter (where client and a.datname = pg_catalog.current_database())::int,
  (select r.rolconnlimit from pg_catalog.pg_roles r where r.rolname = session_user),
  count(*) filter (where client and a.usename = session_user)::int
from (select datname, usename, backend_type = 'client backend'
             or (backend_type is null and datid is not null and usesysid is not null) as client
        from pg_catalog.pg_stat_activity) as a
