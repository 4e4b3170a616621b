-- virada: the pin is about this server's own disk; waiting for a standby could take for ever
set local synchronous_commit = local
