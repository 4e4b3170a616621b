-- As pg_dump writes it: settings first, then data inline.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET client_min_messages = warning;

CREATE SCHEMA copy_data;
CREATE TABLE copy_data.customer (
    id integer NOT NULL,
    name text,
    note text,
    balance numeric(12,2) DEFAULT 0.00 NOT NULL
);
COPY copy_data.customer (id, name, note, balance) FROM stdin;
1	Ana; Maria	line\nbreak	10.50
2	José d'Ávila	\N	0.00
3	back\\slash	tab\there -- no comment	-3.25
4	$$dollar$$	/* not a comment */	99999.99
\.
ALTER TABLE ONLY copy_data.customer ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
COPY copy_data.customer FROM stdin WITH (FORMAT csv, HEADER);
id,name,note,balance
5,"quoted, ""twice""","over
two lines",1.00
\.
