alter table includes.item add constraint name_is_short check (length(name) < 20);
