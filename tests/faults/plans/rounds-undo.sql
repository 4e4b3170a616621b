insert into log values ('undo.each.1');
insert into log values ('undo.each.2');
