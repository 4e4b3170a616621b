begin;
insert into log values ('loose');
select pg_sleep(0.02);
commit;
