-- virada: what happens beside a change of a table's rows: the triggers that fire for it, and the publications to whose
-- subscribers a changed row could not be named, where the change itself fails. No row where there is no such table
with named as (
    select pg_catalog.to_regclass(%(table)s)::pg_catalog.oid as oid
), tree as (
    select n.oid from named n
     union
    select p.relid::pg_catalog.oid from named n, pg_catalog.pg_partition_tree(n.oid) p
), lacking as (
    select s.nspname, c.relname
      from tree t
      join pg_catalog.pg_class c on c.oid = t.oid
      join pg_catalog.pg_namespace s on s.oid = c.relnamespace
     where c.relkind = 'r'
       and (c.relreplident = 'n'
            or c.relreplident = 'd' and not exists (select from pg_catalog.pg_index x
                                                     where x.indrelid = c.oid and x.indisprimary and x.indisvalid)
            or c.relreplident = 'i' and not exists (select from pg_catalog.pg_index x
                                                     where x.indrelid = c.oid and x.indisreplident and x.indisvalid))
)
select (select coalesce(array_agg(distinct g.tgname::pg_catalog.text), '{}')
          from tree t join pg_catalog.pg_trigger g on g.tgrelid = t.oid
         where not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgtype::pg_catalog.int4 & 16 <> 0
           and (g.tgattr = '' or exists (select from pg_catalog.pg_attribute a
                                          where a.attrelid = g.tgrelid and a.attnum = any (g.tgattr)
                                            and a.attname = any (%(columns)s::pg_catalog.text[])))),
       (select coalesce(array_agg(distinct b.pubname::pg_catalog.text), '{}')
          from pg_catalog.pg_publication b
          join pg_catalog.pg_publication_tables p on p.pubname = b.pubname
         where b.pubupdate and exists (select from lacking l)
           and (p.schemaname, p.tablename) in (select s.nspname, c.relname
                                                 from tree t join pg_catalog.pg_class c on c.oid = t.oid
                                                 join pg_catalog.pg_namespace s on s.oid = c.relnamespace))
  from named
 where named.oid is not null
