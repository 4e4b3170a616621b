insert into log (step) values ('index.before');
create index concurrently work_note on work (note);
insert into log (step) values ('index.after');
