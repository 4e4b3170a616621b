begin;
insert into log (step) values ('unproved.1');
select pg_sleep(0.15);
insert into log (step) values ('unproved.2');
commit;
