create schema policies;
create table policies.document (id int primary key, tenant text not null, body text);
alter table policies.document enable row level security;
alter table policies.document force row level security;
create policy tenant_reads on policies.document for select using (tenant = current_setting('app.tenant', true));
create policy tenant_writes on policies.document as restrictive for update
    using (tenant = current_setting('app.tenant', true)) with check (body is not null);
grant select, update (body) on policies.document to pg_monitor;
comment on policy tenant_reads on policies.document is 'what a tenant may read; nothing else';
