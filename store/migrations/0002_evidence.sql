-- What is known about each evidence file. The bytes lie in the evidence folder under
-- `{alert}/{name}`; a row becomes `ready` only after its bytes are on disk.

CREATE TABLE evidence (
    alert TEXT NOT NULL REFERENCES alerts (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    -- `pending`: announced, the bytes are still to come. `ready`: never changes again.
    -- `missing`: there are none, and `detail` says why.
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'missing')),
    -- The length of the file, and the SHA-256 of its bytes as received, in hex.
    bytes BIGINT,
    sha256 TEXT,
    -- Frame time.
    taken_at BIGINT,
    -- How the file was made from what the camera sent; empty until ready.
    transform TEXT NOT NULL,
    -- For a person; may be empty.
    detail TEXT NOT NULL,
    -- This machine's clock when the row reached its present state.
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (alert, name),
    CHECK ((state = 'ready') = (bytes IS NOT NULL AND sha256 IS NOT NULL))
);

-- What is still to come, over all alerts: read after a restart.
CREATE INDEX evidence_pending ON evidence (recorded_at) WHERE state = 'pending';
