-- One user for each Jupyter server, with the passwords that .env holds now.
\getenv reader_password READER_PASSWORD
\getenv writer_password WRITER_PASSWORD

-- No password gets into the server's log, not even with a statement that fails.
SET LOCAL log_min_error_statement = panic;

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['reader', 'writer']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'reader_password';
ALTER ROLE writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'writer_password';
