create schema enum;
create type enum.state as enum ('new', 'paid');
create table enum.invoice (id int, state enum.state default 'new');
alter type enum.state add value 'sent' after 'new';
alter type enum.state add value if not exists 'void';
insert into enum.invoice values (1, 'sent'), (2, 'void'), (3, default);
