-- virada: this statement of this run is done, if what follows in this transaction is
insert into virada.ledger (run, step, attempt, statement, plan_sha256) values (%s, %s, %s, %s, %s)
