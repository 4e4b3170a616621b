insert into log values ('undo.psql');
