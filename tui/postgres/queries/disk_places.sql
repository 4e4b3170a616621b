-- virada: where the database lies and its other tablespaces, each with the bytes that lie there. Of a tablespace that
-- the role may not measure those of this database's relations, by the pages that the catalogue has (exact: false). A
-- path that is not absolute is below the data directory
with here as (
    select (select s.setting from pg_catalog.pg_settings s where s.name = 'data_directory') as directory,
           d.dattablespace as home, pg_catalog.pg_database_size(d.oid) as bytes
      from pg_catalog.pg_database d
     where d.datname = pg_catalog.current_database()
), other as (
    select c.reltablespace as oid, sum(c.relpages::pg_catalog.int8) * pg_catalog.current_setting('block_size')::pg_catalog.int8 as bytes
      from pg_catalog.pg_class c, here
     where c.reltablespace <> 0 and c.reltablespace <> here.home
       and c.reltablespace not in (select t.oid from pg_catalog.pg_tablespace t where t.spcname in ('pg_default', 'pg_global'))
     group by 1
), place as (
    select ''::pg_catalog.text as tablespace, here.home as oid, here.bytes, true as exact from here
    union all
    select t.spcname::pg_catalog.text, t.oid,
           case when m.may then pg_catalog.pg_tablespace_size(t.oid) else other.bytes end, m.may
      from other
      join pg_catalog.pg_tablespace t on t.oid = other.oid
     cross join lateral (
        select pg_catalog.has_tablespace_privilege(t.oid, 'create')
            or pg_catalog.pg_has_role('pg_read_all_stats', 'usage') as may) m
)
select p.tablespace,
       case when l.location like '/%' then l.location
            when here.directory is not null then here.directory || coalesce('/' || nullif(l.location, ''), '') end,
       p.bytes::pg_catalog.int8, p.exact
  from place p, here,
       lateral (select coalesce(pg_catalog.pg_tablespace_location(p.oid), '') as location) l
 order by 1
