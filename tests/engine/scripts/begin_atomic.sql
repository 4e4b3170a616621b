create schema begin_atomic;
create table begin_atomic.account (id int primary key, amount numeric not null);
insert into begin_atomic.account select g, g * 100 from generate_series(1, 3) g;
create function begin_atomic.total() returns numeric
language sql stable
begin atomic
    select sum(case when a.amount > 0 then a.amount else 0 end) from begin_atomic.account a;
end;
create procedure begin_atomic.move(source int, target int, amount numeric)
language sql
begin atomic
    update begin_atomic.account set amount = account.amount - move.amount where id = source;
    update begin_atomic.account set amount = account.amount + move.amount where id = target;
end;
create table begin_atomic.seen as select begin_atomic.total() as total;
