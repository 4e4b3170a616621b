-- virada: the ledger, a table of our own. One row is written in the same transaction as each statement of a run:
-- it is there if and only if that transaction committed
create schema if not exists virada;
revoke all on schema virada from public;
create table virada.ledger (
    run           text        not null,
    step          text        not null,
    attempt       integer     not null,
    statement     integer     not null,
    plan_sha256   text        not null,
    xid           xid8        not null default pg_current_xact_id(),
    pid           integer     not null default pg_backend_pid(),
    written       timestamptz not null default clock_timestamp(),
    account       text        not null default session_user,
    primary key (run, step, attempt, statement)
);
revoke all on virada.ledger from public;
comment on table virada.ledger is
    'virada: proof of which statements of which run were committed. Rows are never changed or removed by virada.'
