-- What one client of the load test does, for pgbench: a tenant looks at its latest orders.
\set tenant random(1, 12)
BEGIN;
SET LOCAL ROLE app_user;
SELECT set_config('app.tenant', :tenant::text, true);
SELECT id, status, amount, channel FROM app.orders ORDER BY placed_at DESC LIMIT 20;
COMMIT;
