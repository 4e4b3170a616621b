-- virada: where the data lie on the server's host. The view leaves out what a role may not see, where current_setting
-- would fail
select (select s.setting from pg_catalog.pg_settings s where s.name = 'data_directory')
