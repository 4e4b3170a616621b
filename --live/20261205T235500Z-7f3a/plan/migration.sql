begin;
alter table app.orders add column region text;
commit;
