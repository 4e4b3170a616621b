-- The application's main cases, as the application's role; everything is taken back at the end.

\set ON_ERROR_STOP on
\echo Functional tests as app_user, tenant :tenant

BEGIN;
SET LOCAL ROLE app_user;
SELECT set_config('app.tenant', :'tenant', true) AS tenant;

DO $test$
DECLARE
    tenant   CONSTANT integer := app.current_tenant();
    customer record;
    placed   record;
BEGIN
    SELECT id, country INTO STRICT customer FROM app.customers ORDER BY id LIMIT 1;

    INSERT INTO app.orders (tenant_id, customer_id, status, amount)
    VALUES (tenant, customer.id, 'placed', 12.50)
    RETURNING id, region INTO placed;
    ASSERT placed.region = app.region_of(customer.country), 'a new order did not receive its region';
    RAISE NOTICE 'a new order for a customer in % receives region %', customer.country, placed.region;

    UPDATE app.orders SET status = 'paid' WHERE id = placed.id;
    INSERT INTO app.payments (tenant_id, order_id, method, amount) VALUES (tenant, placed.id, 'pix', 12.50);
    INSERT INTO app.events (tenant_id, kind) VALUES (tenant, 'order.paid');
    RAISE NOTICE 'it can be paid';

    BEGIN
        INSERT INTO app.events (tenant_id, kind) VALUES (1 + tenant % 12, 'intrusion');
        RAISE EXCEPTION USING ERRCODE = 'assert_failure', MESSAGE = 'a row of another tenant was accepted';
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE NOTICE 'a row of another tenant is refused';
    END;

    ASSERT (SELECT count(*) FROM app.orders WHERE tenant_id <> tenant) = 0, 'rows of other tenants are visible';
    RAISE NOTICE 'no row of another tenant is visible';
END
$test$;

ROLLBACK;
\echo All functional tests passed
