-- virada: for the rest of this transaction, be the role that logged in: the step's own may lack rights on the ledger
set local role none
