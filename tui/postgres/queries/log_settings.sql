-- virada: how the server writes its log
select current_setting('log_destination'), current_setting('logging_collector'), current_setting('log_line_prefix')
