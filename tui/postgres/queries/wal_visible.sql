-- virada: whether the role may see the files of WAL; asked before they are, for a refusal would stand in the server's log
select pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'execute')
   and pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'execute')
