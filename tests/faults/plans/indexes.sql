set search_path to app;
insert into log (step) values ('indexes.1');
create index concurrently work_note on work (note);
insert into log (step) values ('indexes.2');
create index concurrently work_id on work (id, note);
vacuum log;
insert into log (step) values ('indexes.3');
