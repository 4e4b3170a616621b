-- virada: how the server writes its log, and from which severity on
select current_setting('log_destination'), current_setting('logging_collector'), current_setting('log_line_prefix'),
       current_setting('log_min_messages')
