-- virada: put settings in force for this session; those this server version does not know are left out
select wanted.name, pg_catalog.set_config(wanted.name, wanted.value, false)
  from unnest(%s::pg_catalog.text[], %s::pg_catalog.text[]) as wanted (name, value)
  join pg_catalog.pg_settings using (name)
