set search_path to app;
begin;
insert into log (step) values ('rebuilt.1');
commit;
reindex index concurrently work_note;
insert into log (step) values ('rebuilt.2');
drop index concurrently work_id;
insert into log (step) values ('rebuilt.3');
