-- What sensors and other detectors said, as it was accepted: one row for what came together.

CREATE TABLE observations (
    -- In the order in which they were accepted, and in which they are judged.
    id INTEGER PRIMARY KEY,
    -- By the sources' clocks, microseconds: of the earliest and the latest message in it.
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    messages INTEGER NOT NULL,
    -- Bytes of `body`.
    bytes BIGINT NOT NULL,
    -- A line of JSON for each message, in the order in which they came.
    body BLOB NOT NULL
);

-- What there is in a span of time, and how much, without reading the bodies.
CREATE INDEX observations_by_time ON observations (last_at, first_at, bytes);

-- Up to which row everything has been judged, and what came of it recorded. One row.
CREATE TABLE observations_judged (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BIGINT NOT NULL
);
INSERT INTO observations_judged (one, id) VALUES (1, 0);

-- Cameras that look at something else than when they were surveyed.
CREATE TABLE scene_changes (
    source TEXT PRIMARY KEY,
    -- By the camera's clock, microseconds.
    at BIGINT NOT NULL,
    -- SHA-256 of the survey that holds no longer, in hex. Another survey makes an end of it.
    survey TEXT NOT NULL
);
