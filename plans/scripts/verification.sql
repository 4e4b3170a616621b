-- Verifies migration.sql, in psql: the first thing that is not so ends it with an error. It changes nothing.

\set ON_ERROR_STOP on

DO $verify$
BEGIN
    ASSERT (SELECT count(*) FROM pg_attribute
            WHERE attrelid = 'app.orders'::regclass AND attname = 'channel' AND attnotnull AND NOT attisdropped) = 1,
        'app.orders has no column channel that is NOT NULL';
    ASSERT (SELECT convalidated FROM pg_constraint
            WHERE conrelid = 'app.orders'::regclass AND conname = 'orders_channel_known'),
        'the constraint orders_channel_known is not validated';
END
$verify$;

\echo The column and its constraint are there
