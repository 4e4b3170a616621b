create schema upsert;
create table upsert.stock (sku text primary key, n int not null, seen int default 1);
insert into upsert.stock (sku, n) values ('a', 1), ('b', 2);
insert into upsert.stock as s (sku, n) values ('b', 5), ('c', 3)
    on conflict (sku) do update set n = s.n + excluded.n, seen = s.seen + 1 where s.n < 100;
with moved as (delete from upsert.stock where sku = 'a' returning *), counted as (select count(*) as n from moved)
insert into upsert.stock select 'moved', n from counted;
truncate upsert.stock restart identity;
insert into upsert.stock values ('z', 26);
