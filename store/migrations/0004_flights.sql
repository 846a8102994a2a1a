-- Flights that were uploaded: their files, what came of them, and what aircraft said while flying.
-- Numbers of flights come from `counters`, name `flight`, and are never given twice.

CREATE TABLE flights (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- uploading → queued → processing → done or failed; failed → queued by a retry; processing →
    -- queued when the program that worked on it was stopped.
    state TEXT NOT NULL CHECK (state IN ('uploading', 'queued', 'processing', 'done', 'failed')),
    -- Why it failed, in English; else empty.
    detail TEXT NOT NULL,
    -- 0 to 1, and seconds; known only while it is processed.
    progress DOUBLE PRECISION,
    eta_s DOUBLE PRECISION,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- When a file or a byte came last: uploads that stop coming are removed after a while.
    touched_at BIGINT NOT NULL,
    -- The order of the queue.
    queued_at BIGINT,
    -- The number given last to a file; 0 before the first.
    last_file BIGINT NOT NULL CHECK (last_file >= 0),
    -- The figures of the report as JSON, so that lists need not read the whole report.
    summary TEXT,
    -- The report as JSON; tens of megabytes for a long flight, so it stands last.
    report TEXT,
    CHECK ((state = 'done') = (report IS NOT NULL)),
    CHECK ((report IS NULL) = (summary IS NULL)),
    CHECK ((state = 'queued') = (queued_at IS NOT NULL))
);

CREATE INDEX flights_waiting ON flights (queued_at, id) WHERE state = 'queued';

-- The bytes lie in the folder of uploads under `{flight}/{n}`. The length of that file is how much
-- has arrived; `received` is what was last noted, for lists.
CREATE TABLE flight_files (
    flight BIGINT NOT NULL REFERENCES flights (id) ON DELETE CASCADE,
    -- Counts from 1 within the flight; not given again after a file is removed.
    n BIGINT NOT NULL CHECK (n >= 1),
    -- Path inside the flight, `/` between folders.
    name TEXT NOT NULL,
    -- The length that was announced.
    bytes BIGINT NOT NULL CHECK (bytes >= 0),
    received BIGINT NOT NULL CHECK (received >= 0 AND received <= bytes),
    -- `received`: whole and hashed. `done`, `failed`: as far as the processing is concerned.
    state TEXT NOT NULL CHECK (state IN ('uploading', 'received', 'done', 'failed')),
    -- Of the whole file, in hex.
    sha256 TEXT,
    -- For a person; may be empty.
    detail TEXT NOT NULL,
    PRIMARY KEY (flight, n),
    UNIQUE (flight, name),
    CHECK ((state = 'uploading') = (sha256 IS NULL))
);

-- The same file in an earlier flight.
CREATE INDEX flight_files_by_hash ON flight_files (sha256, flight, n);

-- What was looked at: one row a second of video and one a photo. Written with the report.
CREATE TABLE flight_looks (
    flight BIGINT NOT NULL REFERENCES flights (id) ON DELETE CASCADE,
    -- Its place in the report, from 0.
    n BIGINT NOT NULL,
    -- Frame time.
    at BIGINT NOT NULL,
    -- The box around the ring, degrees WGS-84.
    min_lon DOUBLE PRECISION NOT NULL,
    min_lat DOUBLE PRECISION NOT NULL,
    max_lon DOUBLE PRECISION NOT NULL,
    max_lat DOUBLE PRECISION NOT NULL,
    -- JSON: a closed ring of [lon, lat].
    ring TEXT NOT NULL,
    gsd_cm DOUBLE PRECISION NOT NULL,
    -- Objects in view.
    objects BIGINT NOT NULL,
    -- JSON: the ids of fences of which nearly all was in view with nothing in them.
    empty TEXT NOT NULL,
    PRIMARY KEY (flight, n)
);

CREATE INDEX flight_looks_by_time ON flight_looks (at);

-- What aircraft say while they fly. Rows are only ever added, and removed when old.
CREATE TABLE telemetry (
    -- Serial number of the aircraft or its dock.
    device TEXT NOT NULL,
    -- Tells repeats of a message: its transaction id, or a hash of it.
    key TEXT NOT NULL,
    -- By the aircraft's clock.
    at BIGINT NOT NULL,
    -- This machine's clock.
    received_at BIGINT NOT NULL,
    -- The last part of the topic: `osd`, `state`, `events`, `status`.
    kind TEXT NOT NULL,
    -- The message as JSON.
    body TEXT NOT NULL,
    PRIMARY KEY (device, key)
);

CREATE INDEX telemetry_by_time ON telemetry (device, at);
CREATE INDEX telemetry_by_arrival ON telemetry (received_at);
