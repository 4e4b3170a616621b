-- virada: triggers, and when they fire; a disabled one is as good as none
select n.nspname || '.' || c.relname || ': ' || t.tgname,
       pg_get_triggerdef(t.oid) || ' (' || t.tgenabled::text || ')'
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where not t.tgisinternal and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
