-- virada: a piece of a log file as bytes, for its encoding is whatever sessions wrote; null when it is gone
select pg_read_binary_file(%s, %s::bigint, %s::bigint, true)
