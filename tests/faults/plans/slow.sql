insert into slow (step) values ('slow.1');
