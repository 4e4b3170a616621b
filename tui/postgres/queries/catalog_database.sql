-- virada: what belongs to the database itself and no dump of its contents carries, whatever the database is called
select 'database',
       (to_jsonb(d) - 'oid' - 'datname' - 'datdba' - 'datacl' - 'dattablespace' - 'datfrozenxid' - 'datminmxid' - 'datlastsysoid'
        || jsonb_build_object('owner', pg_get_userbyid(d.datdba)::text, 'encoding', pg_encoding_to_char(d.encoding),
           'tablespace', (select t.spcname from pg_catalog.pg_tablespace t where t.oid = d.dattablespace),
           'comment', shobj_description(d.oid, 'pg_database'),
           'settings', (select jsonb_agg(l.line order by l.line collate "C")
                          from (select case s.setrole when 0 then '' else pg_get_userbyid(s.setrole)::text || ': ' end || u.line as line
                                  from pg_catalog.pg_db_role_setting s cross join unnest(s.setconfig) as u (line)
                                 where s.setdatabase = d.oid) as l)))::text
  from pg_catalog.pg_database d
 where d.datname = current_database()
