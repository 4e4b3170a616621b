create schema savepoints;
create table savepoints.t (n int unique);
insert into savepoints.t values (1);
savepoint before_two;
insert into savepoints.t values (2);
rollback to savepoint before_two;
insert into savepoints.t values (3);
release savepoint before_two;
