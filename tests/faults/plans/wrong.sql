delete from kept where id > 2;
create table more as select generate_series(1, 10) as id;
