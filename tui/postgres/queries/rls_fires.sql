-- virada: what writing to each of these tables sets going: triggers of its own and of what cascades from it, whether
-- they fire in any case, sequences that fill its columns, and constraints that are looked at only at a commit
with wanted as (
    select w.name, c.oid
      from unnest(%(tables)s::pg_catalog.text[]) as w (name)
      join pg_catalog.pg_class c on true
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname || '.' || c.relname = w.name
), part as (
    select w.name, t.relid::pg_catalog.oid as oid from wanted w cross join lateral pg_catalog.pg_partition_tree(w.oid) t
    union select w.name, w.oid from wanted w
)
select w.name,
       array(select distinct t.tgname::text from part p join pg_catalog.pg_trigger t on t.tgrelid = p.oid
              where p.name = w.name and not t.tgisinternal and t.tgenabled = 'O' order by 1),
       array(select distinct t.tgname::text from part p join pg_catalog.pg_trigger t on t.tgrelid = p.oid
              where p.name = w.name and not t.tgisinternal and t.tgenabled in ('A', 'R') order by 1),
       array(select distinct o.conname::text from part p join pg_catalog.pg_constraint o on o.confrelid = p.oid
              where p.name = w.name and o.contype = 'f' and (o.confdeltype in ('c', 'n', 'd') or o.confupdtype in ('c', 'n', 'd')) order by 1),
       array(select distinct s.oid::pg_catalog.regclass::text
               from part p
               join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
               left join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and f.oid = d.objid
               join pg_catalog.pg_class s on s.relkind = 'S'
                    and s.oid = case when f.oid is not null then d.refobjid when d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass then d.objid end
              where p.name = w.name and coalesce(f.adrelid, d.refobjid) = p.oid order by 1),
       array(select distinct o.conname::text from part p join pg_catalog.pg_constraint o on o.conrelid = p.oid
              where p.name = w.name and o.condeferred order by 1)
  from wanted w
 order by 1
