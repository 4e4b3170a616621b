-- In two steps: the first needs a short exclusive lock and reads nothing, the second reads every row while the
-- application goes on writing.

ALTER TABLE app.orders ADD CONSTRAINT orders_region_known
    CHECK (region IS NOT NULL AND region IN ('na', 'sa', 'eu', 'ap')) NOT VALID;

ALTER TABLE app.orders VALIDATE CONSTRAINT orders_region_known;
