begin;
insert into log values ('script.1');
commit;
insert into log values ('script.2');
