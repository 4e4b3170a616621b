create schema staging;
create table staging.product (sku text primary key, price numeric);
create temporary table incoming (sku text, price text) on commit drop;
copy incoming from stdin;
a1	10.5
b2	n/a
c3	7
\.
insert into staging.product select sku, nullif(price, 'n/a')::numeric from incoming;
prepare put(text, numeric) as insert into staging.product values ($1, $2);
execute put('d4', 1);
deallocate put;
