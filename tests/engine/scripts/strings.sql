create schema strings;
create table strings.t (n int, v text);
insert into strings.t values (1, 'it''s; here'), (2, E'tab\tand \'quote\''), (3, U&'d\0061t\+000061'), (4, $$dollar; 'x'$$),
    (5, $tag$ $$ inside $tag$), (6, 'two '
    'parts'), (7, B'101'::text), (8, '/* no */ -- no');
set standard_conforming_strings = off;
set escape_string_warning = off;
insert into strings.t values (9, 'a\'b;c'), (10, 'back\\slash');
set standard_conforming_strings = on;
insert into strings.t values (11, 'a\b');
create table strings."Odd; ""Name""" ("a;b" int, "select" text);
insert into strings.t select 12, v::text from jsonb_each_text('{"k": "v;w"}') as j(k, v) where '{"k":1}'::jsonb ? 'k';
