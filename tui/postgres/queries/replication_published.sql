-- virada: which publications carry these relations, what of their rows they tell, and whether rows that are changed or
-- deleted can be named to a subscriber: without a replica identity the change itself fails
with those as (
    select o.oid::pg_catalog.oid as oid from unnest(%(oids)s::pg_catalog.int8[]) as o (oid)
), leaf as (
    select t.oid as root, coalesce(p.relid, t.oid) as oid
      from those t left join lateral pg_catalog.pg_partition_tree(t.oid) p on p.isleaf
), lacking as (
    select l.root
      from leaf l join pg_catalog.pg_class c on c.oid = l.oid
     where c.relkind = 'r'
       and (c.relreplident = 'n'
            or c.relreplident = 'd' and not exists (select from pg_catalog.pg_index x
                                                     where x.indrelid = c.oid and x.indisprimary and x.indisvalid)
            or c.relreplident = 'i' and not exists (select from pg_catalog.pg_index x
                                                     where x.indrelid = c.oid and x.indisreplident and x.indisvalid))
)
select b.pubname::text, t.oid::pg_catalog.int8, exists (select from lacking where lacking.root = t.oid),
       b.pubupdate, b.pubdelete, b.pubtruncate
  from those t
  join pg_catalog.pg_class c on c.oid = t.oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_publication_tables p on p.schemaname = n.nspname and p.tablename = c.relname
  join pg_catalog.pg_publication b on b.pubname = p.pubname
 order by 1, 2
