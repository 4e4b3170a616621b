-- virada: bytes of this database; reads the file system and takes no lock on any table
select pg_database_size(current_database())
