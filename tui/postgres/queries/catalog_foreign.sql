-- virada: foreign-data wrappers, servers, user mappings and foreign tables with their options; of a user mapping's
-- options the names alone, for some are passwords
select l.object, l.definition
  from (select 'wrapper ' || w.fdwname as object,
               jsonb_build_object('owner', pg_get_userbyid(w.fdwowner)::text, 'options', w.fdwoptions,
                   'handler', w.fdwhandler::pg_catalog.regproc::text, 'validator', w.fdwvalidator::pg_catalog.regproc::text)::text as definition
          from pg_catalog.pg_foreign_data_wrapper w
        union all
        select 'server ' || s.srvname,
               jsonb_build_object('owner', pg_get_userbyid(s.srvowner)::text, 'options', s.srvoptions, 'type', s.srvtype,
                   'version', s.srvversion, 'wrapper', w.fdwname)::text
          from pg_catalog.pg_foreign_server s join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
        union all
        select 'user mapping of ' || m.usename || ' on ' || m.srvname,
               (select jsonb_agg(split_part(o.line, '=', 1) order by o.line collate "C") from unnest(m.umoptions) as o (line))::text
          from pg_catalog.pg_user_mappings m
        union all
        select 'table ' || t.ftrelid::pg_catalog.regclass::text,
               jsonb_build_object('server', s.srvname, 'options', t.ftoptions)::text
          from pg_catalog.pg_foreign_table t join pg_catalog.pg_foreign_server s on s.oid = t.ftserver) as l
 order by 1
