-- virada: event triggers, and when they fire
select t.evtname::text,
       jsonb_build_object('event', t.evtevent, 'function', t.evtfoid::pg_catalog.regprocedure::text, 'enabled', t.evtenabled,
           'tags', t.evttags, 'owner', pg_get_userbyid(t.evtowner)::text)::text
  from pg_catalog.pg_event_trigger t
 order by 1
