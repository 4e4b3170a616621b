-- virada: bytes of a log file
select size::bigint from pg_ls_logdir() where name = %s
