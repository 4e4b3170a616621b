-- virada: put settings in force for this session; those this server version does not know are left out. An acknowledged
-- commit must survive a crash; what is stronger than "on" stays as it is
select wanted.name,
       pg_catalog.set_config(wanted.name,
                             case when wanted.name = 'synchronous_commit' and s.setting = 'remote_apply' then s.setting
                                  else wanted.value end,
                             false)
  from unnest(%s::pg_catalog.text[], %s::pg_catalog.text[]) as wanted (name, value)
  join pg_catalog.pg_settings s using (name)
