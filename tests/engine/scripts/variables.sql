\set kind 'gold'
create schema :"schema_name";
create table :"schema_name".customer (id int, kind text, tag text);
insert into :"schema_name".customer values (1, :'kind', :'tag'), (2, 'plain', ':not_one'), (:third, '::text'::text, null);
\copy variables.customer from 'parts/customers.csv' with (format csv)
select count(*) as n from variables.customer \gset
create table variables.counted as select :n as n;
