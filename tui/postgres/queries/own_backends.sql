-- virada: sessions of this program, to tell their lines in a log that names no application
select pid from pg_catalog.pg_stat_activity where application_name like 'virada %'
