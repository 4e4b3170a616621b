-- virada: who rests on this database by its identity and not by its name: logical slots stay with it, and so do its own
-- subscriptions. What a role may not see of a walsender is null.
select coalesce((select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                          'slot', s.slot_name, 'plugin', s.plugin, 'active', s.active,
                          'confirmed_lsn', s.confirmed_flush_lsn::pg_catalog.text,
                          'consumer', coalesce(a.application_name, '')) order by s.slot_name)
                   from pg_catalog.pg_replication_slots s
                   left join pg_catalog.pg_stat_activity a on a.pid = s.active_pid
                  where s.database = pg_catalog.current_database()), '[]')::pg_catalog.text,
       coalesce((select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('subscription', s.subname,
                          'enabled', s.subenabled) order by s.subname)
                   from pg_catalog.pg_subscription s
                   join pg_catalog.pg_database d on d.oid = s.subdbid
                  where d.datname = pg_catalog.current_database()), '[]')::pg_catalog.text
