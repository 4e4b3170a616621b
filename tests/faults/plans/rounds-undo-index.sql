drop index concurrently if exists work_note;
insert into log values ('undo.index');
