CREATE TABLE IF NOT EXISTS measurements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taken timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    value double precision NOT NULL
);
GRANT SELECT ON measurements TO reader;
GRANT SELECT, INSERT ON measurements TO writer;
