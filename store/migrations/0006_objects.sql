-- Files that a dock has put into an object store, as its callbacks announce them, to be fetched into
-- the flight of their task. Written with the message that announced them.

-- The dock's own id of the flight; empty for those that people upload.
ALTER TABLE flights ADD COLUMN task TEXT NOT NULL DEFAULT '';
CREATE INDEX flights_by_task ON flights (task, id) WHERE task <> '';

CREATE TABLE flight_objects (
    -- The dock's id of the flight, and where the file lies in the bucket: what makes an announcement
    -- the same as another.
    task TEXT NOT NULL,
    object_key TEXT NOT NULL,
    flight BIGINT NOT NULL REFERENCES flights (id) ON DELETE CASCADE,
    -- Path inside the flight.
    name TEXT NOT NULL,
    -- `waiting`: to be fetched at `due_at`. `failed`: given up until somebody asks for it again.
    state TEXT NOT NULL CHECK (state IN ('waiting', 'fetched', 'failed')),
    tries BIGINT NOT NULL CHECK (tries >= 0),
    due_at BIGINT NOT NULL,
    -- What went wrong last, in English; else empty.
    detail TEXT NOT NULL,
    -- What the dock said of the flight: files so far, and in all.
    uploaded BIGINT,
    expected BIGINT,
    -- This machine's clock.
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (task, object_key)
);

CREATE INDEX flight_objects_due ON flight_objects (due_at) WHERE state = 'waiting';
CREATE INDEX flight_objects_by_flight ON flight_objects (flight);
