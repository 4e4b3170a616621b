-- An example, for the demo's database (tui/demo/sample.sql): orders tell through which channel they came.
ALTER TABLE app.orders ADD COLUMN channel text NOT NULL DEFAULT 'web';
ALTER TABLE app.orders ADD CONSTRAINT orders_channel_known CHECK (channel IN ('web', 'phone', 'partner')) NOT VALID;
ALTER TABLE app.orders VALIDATE CONSTRAINT orders_channel_known;
COMMENT ON COLUMN app.orders.channel IS 'How the order came: web, phone or partner';
