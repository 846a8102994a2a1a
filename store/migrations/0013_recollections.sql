-- What the rules remember of a source, so that a restart loses no dwell: one row a source, written over.
CREATE TABLE recollections (
    source TEXT NOT NULL PRIMARY KEY,
    -- JSON; what is of another form than the program reads is dropped.
    body TEXT NOT NULL,
    -- This machine's clock.
    recorded_at BIGINT NOT NULL
);
