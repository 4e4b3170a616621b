-- Built while the application writes; outside a transaction, so a failure leaves an invalid index to be dropped.

CREATE INDEX CONCURRENTLY orders_tenant_region_placed_idx
    ON app.orders (tenant_id, region, placed_at DESC);
