-- virada: whose rights are in force in this session
select current_setting('role')
