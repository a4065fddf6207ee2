CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    written timestamptz NOT NULL DEFAULT now(),
    text text NOT NULL
);
GRANT SELECT, INSERT ON notes TO notes;
