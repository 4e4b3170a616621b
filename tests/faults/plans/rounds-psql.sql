insert into log values (:'name' || '.1');
select pg_sleep(0.02);
insert into log values (:'name' || '.2');
