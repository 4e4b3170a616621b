-- virada: an acknowledged commit must survive a crash; what is stronger than "on" stays as it is
select set_config('synchronous_commit',
                  case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end,
                  false)
