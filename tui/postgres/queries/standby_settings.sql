-- virada: is this a standby, of which server, and what does its replay do with queries that are in its way
select pg_catalog.pg_is_in_recovery(), (pg_catalog.pg_control_system()).system_identifier::text,
       pg_catalog.current_setting('max_standby_streaming_delay'),
       (select s.setting::float8 / 1000 from pg_catalog.pg_settings s where s.name = 'max_standby_streaming_delay'),
       pg_catalog.current_setting('hot_standby_feedback')::bool
