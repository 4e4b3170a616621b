-- Whether the session's login role may act as a role; no row when there is none of that name.
select pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')
from pg_catalog.pg_roles as r
where r.rolname = %s
