-- virada: relations with owner, kind and row-level security switched on or forced, and what they are part of
select n.nspname || '.' || c.relname,
       jsonb_build_object('kind', c.relkind, 'owner', pg_get_userbyid(c.relowner)::text, 'persistence', c.relpersistence,
           'rls', c.relrowsecurity, 'rls_forced', c.relforcerowsecurity, 'options', c.reloptions,
           'replica_identity', c.relreplident, 'partition_key', pg_get_partkeydef(c.oid),
           'partition_bound', pg_get_expr(c.relpartbound, c.oid), 'populated', c.relispopulated,
           'method', (select m.amname from pg_catalog.pg_am m where m.oid = c.relam),
           'tablespace', (select t.spcname from pg_catalog.pg_tablespace t where t.oid = c.reltablespace),
           'parents', (select jsonb_agg(i.inhparent::pg_catalog.regclass::text order by i.inhseqno)
                         from pg_catalog.pg_inherits i where i.inhrelid = c.oid))::text
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
 order by 1
