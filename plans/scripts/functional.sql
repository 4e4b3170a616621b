-- The application's main cases, in psql, as the application's role; everything is taken back at the end.

\set ON_ERROR_STOP on

BEGIN;
SET LOCAL ROLE app_user;
SELECT set_config('app.tenant', '3', true) AS tenant;

DO $test$
DECLARE
    placed record;
BEGIN
    INSERT INTO app.orders (tenant_id, customer_id, status, amount)
    SELECT tenant_id, id, 'placed', 12.50 FROM app.customers ORDER BY id LIMIT 1
    RETURNING id, channel INTO STRICT placed;
    ASSERT placed.channel = 'web', 'an order of the application as it is has no channel';
    RAISE NOTICE 'the application places orders as before';

    UPDATE app.orders SET status = 'paid', channel = 'phone' WHERE id = placed.id;
    RAISE NOTICE 'an order is paid, and its channel is changed';

    BEGIN
        UPDATE app.orders SET channel = 'pigeon' WHERE id = placed.id;
        RAISE EXCEPTION USING ERRCODE = 'assert_failure', MESSAGE = 'an unknown channel was accepted';
    EXCEPTION WHEN check_violation THEN
        RAISE NOTICE 'an unknown channel is refused';
    END;
END
$test$;

ROLLBACK;
\echo All functional tests passed
