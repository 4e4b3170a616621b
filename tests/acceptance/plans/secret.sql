\echo hunter2-%ecret!
select 'hunter2-%ecret!' as it;
select pg_sleep(0.3);
