create schema views;
create table views.sale (id int, region text, amount numeric);
insert into views.sale values (1, 'sul', 10), (2, 'norte', 20), (3, 'sul', 5.5);
create view views.by_region as
    select region, sum(amount) as amount /* in BRL; not USD */ from views.sale group by region; -- ends here; not there
create materialized view views.total as select sum(amount) as amount from views.by_region with data;
create unique index on views.total (amount);
insert into views.sale values (4, 'sul', 1);
refresh materialized view views.total;
comment on view views.by_region is E'It''s by region;\nin two lines';
create rule no_delete as on delete to views.sale do instead nothing;
delete from views.sale;
