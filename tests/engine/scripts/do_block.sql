create schema do_block;
create table do_block.audit (id bigint generated always as identity primary key, what text not null, n int);
do $body$
declare
    r record;
begin
    for r in select g as n from generate_series(1, 5) g loop
        execute format($q$insert into do_block.audit (what, n) values ('row; %s', %s)$q$, r.n, r.n);
    end loop;
    if (select count(*) from do_block.audit) <> 5 then
        raise exception 'expected five rows; got another number';
    end if;
end
$body$;
do language plpgsql 'begin update do_block.audit set n = n * 10 where n > 3; end';
