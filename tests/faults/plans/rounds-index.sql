insert into log values ('index.1');
create index concurrently work_note on work (note);
insert into log values ('index.2');
