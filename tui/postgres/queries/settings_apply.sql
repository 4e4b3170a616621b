-- virada: put settings in force for this session; those this server version does not know are left out
select set_config(wanted.name, wanted.value, false)
  from unnest(%s::text[], %s::text[]) as wanted (name, value)
  join pg_catalog.pg_settings using (name)
