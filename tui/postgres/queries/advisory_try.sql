-- virada: take an advisory key if it is free. Never the waiting form: a waiter can make the key holder's concurrent
-- index build the victim of a deadlock
select pg_catalog.pg_try_advisory_lock(%s::bigint)
