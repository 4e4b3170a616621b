-- The policy as it was before policies.sql.

ALTER POLICY tenant_reading ON app.orders USING (tenant_id = app.current_tenant());
COMMENT ON POLICY tenant_reading ON app.orders IS NULL;
