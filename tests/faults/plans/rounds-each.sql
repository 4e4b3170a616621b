insert into log values ('each.1');
insert into log values ('each.2');
insert into log values ('each.3');
