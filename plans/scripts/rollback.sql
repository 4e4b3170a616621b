-- Takes migration.sql back. Channels that were written since are lost with the column.
ALTER TABLE app.orders DROP COLUMN channel;
