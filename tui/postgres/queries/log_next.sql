-- virada: the log file of the same format that was written after this one: several may have come since we looked last
select n.name
  from pg_ls_logdir() as ours
  join pg_ls_logdir() as n on n.name <> ours.name and (n.modification, n.name) > (ours.modification, ours.name)
       and substring(n.name from '[.][^.]*$') is not distinct from substring(ours.name from '[.][^.]*$')
 where ours.name = %s
 order by n.modification, n.name
 limit 1
