-- virada: where the sequences stand; null when nothing was taken yet or the role may not know
select schemaname || '.' || sequencename, coalesce(last_value::text, '')
  from pg_catalog.pg_sequences
 where schemaname <> 'virada'
 order by 1
