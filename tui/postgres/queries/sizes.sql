-- virada: bytes of the relations of these names, with indexes, TOAST, partitions and children; of an index its table's, of
-- a view those of what it reads. A size takes a lock on the relation: of one that is locked exclusively, or when no lock
-- is to be taken at all, the number of pages that the catalogue has is taken, and null where it has none
with recursive named as (
    select w.schema, w.name, c.oid
      from unnest(%(schemas)s::pg_catalog.text[], %(names)s::pg_catalog.text[]) as w (schema, name)
      join pg_catalog.pg_class c on c.relname = w.name::pg_catalog.name
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where (w.schema = '' or n.nspname = w.schema::pg_catalog.name)
       and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'virada')
       and c.relkind in ('r', 'p', 'm', 'v', 'f', 'i', 'I')
), touched as (
    select schema, name, oid from named
    union
    select t.schema, t.name, m.oid
      from touched t
     cross join lateral (
        select i.inhrelid as oid from pg_catalog.pg_inherits i where i.inhparent = t.oid
        union all
        select x.indrelid from pg_catalog.pg_index x where x.indexrelid = t.oid
        union all
        select d.refobjid
          from pg_catalog.pg_rewrite w
          join pg_catalog.pg_depend d
            on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
           and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> t.oid
         where w.ev_class = t.oid
     ) m
), locked as (
    select l.relation
      from pg_catalog.pg_locks l
     where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid <> pg_catalog.pg_backend_pid()
       and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
), sized as (
    select t.schema, t.name, c.relkind,
           case when %(gently)s or exists (
                       select from locked l
                        where l.relation = c.oid
                           or l.relation in (select x.indexrelid from pg_catalog.pg_index x where x.indrelid = c.oid)
                           or l.relation = c.reltoastrelid)
                then case when c.reltuples >= 0
                          then pg_catalog.current_setting('block_size')::pg_catalog.int8
                               * (c.relpages
                                  + coalesce((select sum(i.relpages)
                                                from pg_catalog.pg_index x
                                                join pg_catalog.pg_class i on i.oid = x.indexrelid
                                               where x.indrelid = c.oid), 0)
                                  + coalesce((select s.relpages from pg_catalog.pg_class s where s.oid = c.reltoastrelid), 0)) end
                else pg_catalog.pg_total_relation_size(c.oid) end as bytes
      from touched t
      join pg_catalog.pg_class c on c.oid = t.oid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm', 'p', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select schema, name,
       case when not bool_or(relkind = 'f' or (bytes is null and relkind <> 'p')) then coalesce(sum(bytes), 0)::pg_catalog.int8 end
  from sized
 group by schema, name
