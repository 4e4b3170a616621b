insert into log (step) values (:'name' || '.1');
select pg_sleep(0.15);
insert into log (step) values (:'name' || '.2');
