-- virada: which of these statements, known to be committed, have no row any more
select asked.step, asked.attempt, asked.statement
  from unnest(%s::text[], %s::integer[], %s::integer[]) as asked (step, attempt, statement)
 where not exists (select from virada.ledger l
                    where l.run = %s and l.step = asked.step and l.attempt = asked.attempt
                      and l.statement = asked.statement)
 limit 10
