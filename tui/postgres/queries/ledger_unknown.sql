-- virada: rows of this run that its journal does not know: of a step or an attempt that never began by it, or of a
-- statement behind the last one that it began
select l.step, l.attempt, l.statement
  from virada.ledger l
  left join unnest(%s::text[], %s::integer[], %s::integer[]) as known (step, attempt, statement)
         on known.step = l.step
 where l.run = %s
   and (known.step is null or l.attempt > known.attempt
        or (l.attempt = known.attempt and l.statement > known.statement))
 order by l.written
 limit 10
