-- virada: subscriptions of this database; how they connect is a secret, and not asked for
select s.subname::text,
       jsonb_build_object('owner', pg_get_userbyid(s.subowner)::text, 'enabled', s.subenabled, 'binary', s.subbinary,
           'stream', s.substream::text, 'slot', s.subslotname, 'synchronous_commit', s.subsynccommit,
           'publications', s.subpublications)::text
  from pg_catalog.pg_subscription s
 where s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
 order by 1
