insert into log (step) values ('single.1');
select pg_sleep(0.1);
insert into log (step) values ('single.2');
create table made_by_single (n int);
insert into log (step) values ('single.3');
