-- Takes expand.sql back. The column goes with whatever was filled into it.

DROP TRIGGER orders_set_region ON app.orders;
DROP FUNCTION app.orders_set_region();
ALTER TABLE app.orders DROP COLUMN region;
DROP FUNCTION app.region_of(text);
