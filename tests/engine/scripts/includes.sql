create schema includes;
\ir parts/tables.sql
\i parts/rows.sql
create view includes.named as select id, name from includes.item where name is not null;
