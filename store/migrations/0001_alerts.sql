-- Alerts, what happened to them, and the messages that wait for delivery.
--
-- Migrations are only ever added; an applied one is never edited (its checksum is recorded).
-- Portable SQL, read by SQLite and by PostgreSQL:
--   times     BIGINT, microseconds since 1970-01-01T00:00:00Z
--   ids       TEXT (UUIDs in lower-case hex with hyphens), or BIGINT numbered by `counters`
--   documents TEXT holding JSON
-- No AUTOINCREMENT, SERIAL or rowid: numbers without gaps come from `counters`, in the transaction
-- that uses them, so that an aborted transaction gives its number back.

CREATE TABLE counters (
    -- `outbox`, `history`, `audit`, or `queue/{queue}`.
    name TEXT NOT NULL PRIMARY KEY,
    -- The number given last; the first is 1.
    last BIGINT NOT NULL CHECK (last >= 1)
);

CREATE TABLE alerts (
    -- Derived from the facts (rule, source, fence, track, since): the same event is stored once.
    id TEXT NOT NULL PRIMARY KEY,
    queue TEXT NOT NULL,
    source TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    -- The alert as it was raised, as JSON. Never changed: what can change is in the columns below
    -- and is laid over the document when it is read.
    body TEXT NOT NULL,
    -- Counts published states from 1.
    revision BIGINT NOT NULL CHECK (revision >= 1),
    -- Frame time, like raised_at.
    last_seen BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    -- What a person decided. Machines never write these columns.
    review_state TEXT NOT NULL CHECK (review_state IN ('open', 'confirmed', 'dismissed')),
    review_by TEXT,
    review_at BIGINT,
    review_reason TEXT,
    review_note TEXT,
    -- This machine's clock when the row was written; raised_at may be the time of a recording.
    recorded_at BIGINT NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK ((review_state = 'open') = (review_by IS NULL))
);

-- Pages are read newest first, usually of one review state.
CREATE INDEX alerts_by_time ON alerts (raised_at, id);
CREATE INDEX alerts_by_state ON alerts (review_state, raised_at, id);
-- What a source has to take up again after a restart.
CREATE INDEX alerts_standing ON alerts (source) WHERE ended_at IS NULL;

-- What happened to an alert, for the reviewer. Rows are only ever added.
CREATE TABLE history (
    id BIGINT NOT NULL PRIMARY KEY,
    alert TEXT NOT NULL REFERENCES alerts (id),
    -- This machine's clock.
    at BIGINT NOT NULL,
    -- A user's name, or `machine`.
    actor TEXT NOT NULL,
    -- `raised`, `ended`, `confirmed` or `dismissed`.
    action TEXT NOT NULL,
    reason TEXT,
    note TEXT,
    -- The revision that this step published.
    revision BIGINT NOT NULL,
    -- The revision that the person had before them when deciding.
    seen_revision BIGINT
);

CREATE INDEX history_of_alert ON history (alert, id);

-- Messages that wait for delivery, in the order in which they must leave.
CREATE TABLE outbox (
    id BIGINT NOT NULL PRIMARY KEY,
    alert TEXT NOT NULL REFERENCES alerts (id),
    -- `{alert id}/{revision}`: what receivers drop repeats by.
    event_id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    -- Counts the messages of the queue from 1 without a gap.
    seq BIGINT NOT NULL,
    topic TEXT NOT NULL,
    -- The message as JSON, exactly as it leaves.
    payload TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    delivered_at BIGINT,
    UNIQUE (queue, seq)
);

CREATE INDEX outbox_waiting ON outbox (id) WHERE delivered_at IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
