create schema triggers;
create table triggers.item (id int primary key, name text, changed int default 0);
create table triggers.history (id int, was text, became text);
create or replace function triggers.remember() returns trigger language plpgsql as $fn$
begin
    insert into triggers.history values (old.id, old.name, new.name);
    execute $sql$select 'a "quoted"; text'$sql$;
    new.changed := old.changed + 1;
    return new;
end;
$fn$;
create trigger remember before update on triggers.item for each row when (old.name is distinct from new.name)
    execute function triggers.remember();
insert into triggers.item (id, name) values (1, 'a'), (2, 'b');
update triggers.item set name = name || '''s';
update triggers.item set name = name;
