-- virada: whether the server tells what sessions do, and counts
select s.name, s.setting from pg_catalog.pg_settings s where s.name in ('track_activities', 'track_counts')
