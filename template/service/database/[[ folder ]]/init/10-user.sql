-- The user of the programs that use this database, with the password that .env holds now.
\getenv app_user APP_USER
\getenv app_password APP_PASSWORD

-- No password gets into the server's log, not even with a statement that fails.
SET LOCAL log_min_error_statement = panic;

SELECT format('CREATE ROLE %I', :'app_user')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'app_user') \gexec
ALTER ROLE :"app_user" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

-- It may read and write what the schema holds, and change nothing of the schema itself. Tables
-- belong to the superuser, who makes them below.
CREATE SCHEMA IF NOT EXISTS app;
GRANT USAGE ON SCHEMA app TO :"app_user";
ALTER DEFAULT PRIVILEGES IN SCHEMA app
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app_user";
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON SEQUENCES TO :"app_user";
ALTER ROLE :"app_user" IN DATABASE :"DBNAME" SET search_path = app;
