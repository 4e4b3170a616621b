create table includes.item (id int primary key, name text);
\ir constraint.sql
