-- virada: where the data lie on the server's host; null for a role that may not see it
select current_setting('data_directory', true)
