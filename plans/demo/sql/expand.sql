-- Every order gets the region in which its data must stay. New orders receive theirs from a trigger, so that the
-- application needs no change on the same day; the old ones are filled in small batches afterwards.

ALTER TABLE app.orders ADD COLUMN region text;

COMMENT ON COLUMN app.orders.region IS 'Where the data of this order must stay: na, sa, eu or ap';

CREATE FUNCTION app.region_of(country text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN country IN ('US', 'CA') THEN 'na'
    WHEN country IN ('BR', 'AR') THEN 'sa'
    WHEN country IN ('DE', 'FR', 'PT') THEN 'eu'
    ELSE 'ap'
END;

CREATE FUNCTION app.orders_set_region() RETURNS trigger
LANGUAGE plpgsql AS
$body$
BEGIN
    IF NEW.region IS NULL THEN
        SELECT app.region_of(c.country) INTO NEW.region
        FROM app.customers AS c
        WHERE c.id = NEW.customer_id;
    END IF;
    RETURN NEW;
END
$body$;

CREATE TRIGGER orders_set_region
    BEFORE INSERT ON app.orders
    FOR EACH ROW EXECUTE FUNCTION app.orders_set_region();

ALTER FUNCTION app.region_of(text) OWNER TO app_owner;
ALTER FUNCTION app.orders_set_region() OWNER TO app_owner;
