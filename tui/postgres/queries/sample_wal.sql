-- virada: bytes of the files of WAL, and how many of them wait for the archiver
select (select coalesce(sum(w.size), 0)::bigint from pg_catalog.pg_ls_waldir() w),
       (select count(*)::bigint from pg_catalog.pg_ls_archive_statusdir() a where a.name like '%.ready')
