insert into log (step) values ('each.1');
insert into log (step) select 'each.2' from pg_sleep(0.05);
insert into log (step) values ('each.3');
insert into log (step) select 'each.4' from pg_sleep(0.05);
