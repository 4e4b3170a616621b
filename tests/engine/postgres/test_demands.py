"""The locks that a statement asks for by its words are those that a server shows when it has executed it."""

from __future__ import annotations

import pytest

from tests.postgres_server import Database
from tui.sql.demands import MODES, demanded, strongest

pytestmark = pytest.mark.postgres

SETUP = """
create schema s;
create table s.a (id int primary key, v text, n int);
create table s.b (id int primary key, a_id int);
create table s.p (id int, at date) partition by range (at);
create table s.p1 partition of s.p for values from ('2026-01-01') to ('2027-01-01');
create table s.p2 (id int, at date);
create view s.seen as select id from s.a;
create materialized view s.m as select id from s.a;
create unique index on s.m (id);
create function s.f() returns trigger language plpgsql as 'begin return new; end';
create trigger t before insert on s.a for each row execute function s.f();
create policy y on s.a using (true);
alter table s.b add constraint fk foreign key (a_id) references s.a not valid;
"""
STATEMENTS = """
alter table s.a add column w int
alter table s.a add w int, add x int references s.b (id)
alter table only s.a alter v type varchar(9)
alter table s.a drop column n
alter table s.a rename to z
alter table s.a rename column n to nn
alter table s.a alter column n set statistics 100
alter table s.a set (fillfactor = 80)
alter table s.a add constraint c check (n > 0) not valid
alter table s.a add constraint u unique (n)
alter table s.b add constraint fk2 foreign key (a_id) references s.a (id)
alter table s.b validate constraint fk
alter table s.b drop constraint fk
alter table s.a disable trigger t
alter table s.a enable row level security
alter table s.a force row level security
alter table s.p attach partition s.p2 for values from ('2027-01-01') to ('2028-01-01')
alter table s.p detach partition s.p1
create table s.p3 partition of s.p for values from ('2028-01-01') to ('2029-01-01')
create table s.c (id int references s.a (id))
create index on s.a (n)
create unique index i on only s.a using btree (n)
create trigger u after update on s.a for each row execute function s.f()
create policy z on s.a for select using (true)
alter policy y on s.a using (false)
drop policy y on s.a
drop trigger t on s.a
create rule r as on update to s.a do also nothing
create statistics s.st on id, n from s.a
drop table s.b
drop table s.b, s.p2
truncate s.b, only s.p2
lock table s.a in share row exclusive mode
lock s.a, s.b
insert into s.a values (1, 'x', 1)
insert into s.a values (1, 'x', 1) on conflict (id) do update set n = 2
update s.a as t set n = 1 from s.b where s.b.id = t.id
delete from s.a using s.b where s.b.id = s.a.id
with gone as (delete from s.b returning id) insert into s.a select id from gone
select * from s.a join s.b on true
select * from s.a where id = 1 for update
analyze s.a
cluster s.a using a_pkey
refresh materialized view s.m
refresh materialized view concurrently s.m
comment on table s.a is 'x'
comment on column s.a.n is 'x'
do $$ begin update s.a set n = 1; end $$
do $$ begin execute 'alter table s.b add column w int'; end $$
""".strip().splitlines()
LATER = {"merge into s.a using s.b on s.b.id = s.a.id when matched then update set n = 1": 15}
NAMES = """select c.oid, 's.' || c.relname from pg_class c
where c.relnamespace = 's'::regnamespace and c.relkind in ('r', 'p', 'm')"""
TAKEN = "select relation, array_agg(mode) from pg_locks where pid = pg_backend_pid() and relation = any (%s) group by 1"


def test_they_are_those_that_it_takes(empty_database: Database) -> None:
    wrong = {}
    with empty_database.connect() as session:
        session.execute(SETUP.encode())
        names: dict[int, str] = dict(session.execute(NAMES).fetchall())
        version = session.info.server_version // 10000
        for text in (*STATEMENTS, *(text for text, since in LATER.items() if version >= since)):
            session.execute("begin")
            try:
                session.execute(text.encode())
                found = session.execute(TAKEN, [list(names)]).fetchall()
            finally:
                session.execute("rollback")
            taken = {names[oid]: strongest(modes) for oid, modes in found}
            wanted = demanded(text) or ()
            asked = {d.name: d.mode for one in wanted for d in one.demands if d.name in names.values()}
            partners = [one.partners for one in wanted if one.partners is not None]
            if partners:
                asked["s.a"] = partners[0]
            if "refresh" in text:
                # What it is made of only its definition tells.
                asked["s.a"] = MODES[0]
            if asked != taken:
                wrong[text] = asked, taken
    assert not wrong, "\n".join(f"{text}: {asked} {taken}" for text, (asked, taken) in wrong.items())
