create schema call;
create table call.done (what text, at int);
create procedure call.fill(n int) language plpgsql as $$
begin
    for i in 1..n loop
        insert into call.done values ('call', i);
    end loop;
end
$$;
call call.fill(4);
call call.fill(n => 2);
