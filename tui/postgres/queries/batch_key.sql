-- virada: the columns of a table's indexes that a walk may go along, those of the primary key first. A walk compares
-- with the operators that a name means here, and they have to be those of the index
select i.indexrelid::pg_catalog.text, i.indnkeyatts, k.n, a.attname::pg_catalog.text, pg_catalog.quote_ident(a.attname),
       pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(t.typname), i.indisprimary,
       a.attnotnull and (i.indoption[k.n - 1] operator(pg_catalog.&) 1) = 0 and i.indcollation[k.n - 1] = a.attcollation
       and exists (select from pg_catalog.pg_opclass o
                     join pg_catalog.pg_amop p on p.amopfamily = o.opcfamily and p.amoplefttype = o.opcintype
                      and p.amoprighttype = o.opcintype and p.amopstrategy = 5
                    where o.oid = i.indclass[k.n - 1] and o.opcdefault and pg_catalog.pg_operator_is_visible(p.amopopr)),
       a.attidentity <> '' or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') operator(pg_catalog.~)
       '^(nextval\(|now\(|CURRENT_TIMESTAMP|clock_timestamp\(|statement_timestamp\(|uuidv7\()',
       i.indisunique
  from pg_catalog.pg_index i
  join pg_catalog.pg_class x on x.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
 cross join lateral pg_catalog.generate_series(1, i.indnkeyatts) as k (n)
  join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k.n - 1]
  join pg_catalog.pg_type t on t.oid = a.atttypid
  join pg_catalog.pg_namespace s on s.oid = t.typnamespace
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where i.indrelid = pg_catalog.to_regclass(%(table)s) and i.indisvalid and i.indpred is null
 order by i.indisprimary desc, i.indexrelid, k.n
