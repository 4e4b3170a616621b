create schema procedure_commits;
create table procedure_commits.t (n int);
create procedure procedure_commits.fill() language plpgsql as $$
begin
    for i in 1..6 loop
        insert into procedure_commits.t values (i);
        if i % 2 = 0 then commit; end if;
    end loop;
end $$;
call procedure_commits.fill();
