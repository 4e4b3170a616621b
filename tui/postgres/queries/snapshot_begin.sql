-- virada: one moment for everything that follows, with nothing that changes how values are written out
begin transaction isolation level repeatable read read only;
set local search_path = '';
set local row_security = off;
set local timezone = 'UTC';
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local extra_float_digits = 3;
set local bytea_output = 'hex';
set local xmlbinary = 'base64';
set local lc_monetary = 'C'
