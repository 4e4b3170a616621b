-- virada: who waits for whom, now. Only waiters are asked about, at most 300 of them
select w.pid, pg_blocking_pids(w.pid)
  from (select distinct pid from pg_catalog.pg_locks where not granted and pid is not null limit 300) as w
