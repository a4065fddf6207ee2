-- The tables. Every statement has to bear being run again: IF NOT EXISTS, OR REPLACE, ON CONFLICT.
CREATE TABLE IF NOT EXISTS app.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    written timestamptz NOT NULL DEFAULT now(),
    text text NOT NULL
);
