create schema types;
create domain types.cpf as text check (value ~ '^\d{11}$');
create type types.address as (street text, number int);
create table types.person (cpf types.cpf primary key, homes types.address[], tags text[] default '{}', at tstzrange);
insert into types.person values
    ('12345678901', array[row('Rua A; B', 1), row(null, 2)]::types.address[], '{a,"b c",NULL}', '[2026-01-01,2026-02-01)'),
    ('10987654321', null, array['x''y', E'tab\there'], null);
alter domain types.cpf add constraint not_zero check (value <> '00000000000');
alter type types.address add attribute city text;
