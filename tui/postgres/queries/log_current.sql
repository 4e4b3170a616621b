-- virada: the file the server's log goes to now, in a format, or null
select pg_current_logfile(%s)
