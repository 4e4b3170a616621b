begin;
insert into log (step) values ('program');
select pg_sleep(0.1);
commit;
