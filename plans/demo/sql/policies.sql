-- Readers see only the regions that their session may read; `setting` names the session's setting. In psql, in one
-- transaction.

\set ON_ERROR_STOP on
\echo Readers of app.orders are limited to the regions in :setting

SET LOCAL ROLE app_migrator;

ALTER POLICY tenant_reading ON app.orders
    USING (tenant_id = app.current_tenant()
           AND region = ANY (string_to_array(current_setting(:'setting', true), ',')));

COMMENT ON POLICY tenant_reading ON app.orders IS 'A reader sees one tenant, and of it the regions it may read';
