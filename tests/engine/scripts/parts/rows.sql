insert into includes.item values (1, 'one'), (2, null);
