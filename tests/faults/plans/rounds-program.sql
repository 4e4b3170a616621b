begin;
insert into log values ('program');
select pg_sleep(0.02);
commit;
