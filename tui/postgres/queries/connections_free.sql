-- How many connections ordinary roles may use, and how many client backends there are.
select
  pg_catalog.current_setting('max_connections')::int
    - pg_catalog.current_setting('superuser_reserved_connections')::int
    - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int,
  (select count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend')
