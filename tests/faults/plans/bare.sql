begin;
insert into log (step) values ('bare');
select pg_sleep(0.15);
commit;
