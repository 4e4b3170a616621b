-- virada: what the server itself reports of long commands, as one row of facts each
select 'analyze', p.pid, p.phase, to_jsonb(p)::text from pg_catalog.pg_stat_progress_analyze p where p.pid = any (%(pids)s)
union all
select 'basebackup', p.pid, p.phase, to_jsonb(p)::text from pg_catalog.pg_stat_progress_basebackup p where p.pid = any (%(pids)s)
union all
select p.command, p.pid, p.phase, to_jsonb(p)::text from pg_catalog.pg_stat_progress_cluster p where p.pid = any (%(pids)s)
union all
select p.command, p.pid, p.type, to_jsonb(p)::text from pg_catalog.pg_stat_progress_copy p where p.pid = any (%(pids)s)
union all
select p.command, p.pid, p.phase, to_jsonb(p)::text from pg_catalog.pg_stat_progress_create_index p where p.pid = any (%(pids)s)
union all
select 'vacuum', p.pid, p.phase, to_jsonb(p)::text from pg_catalog.pg_stat_progress_vacuum p where p.pid = any (%(pids)s)
