begin;
insert into log (step) values ('several.1');
select pg_sleep(0.15);
insert into log (step) values ('several.2');
commit;
