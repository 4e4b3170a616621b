-- Whether the session's login role may act as a role (SET ROLE); no row when there is none of that name. From 16 on a
-- membership may be without that (WITH SET FALSE).
select pg_catalog.pg_has_role(
           session_user, r.oid,
           case when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000 then 'SET' else 'MEMBER' end)
from pg_catalog.pg_roles as r
where r.rolname = %s
