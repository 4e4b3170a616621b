\set ON_ERROR_STOP on
insert into regions (country, region) values (:'country', 'sa');
