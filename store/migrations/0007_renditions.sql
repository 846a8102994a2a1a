-- Masked renditions: what is shown instead of a picture or clip, with faces and plates burned out. Each is made
-- from one file that is kept as it came; it can be made again at any time and is no evidence. The bytes lie in
-- `masked/{alert}/{name}` beside the evidence folder, and beside the file of a flight as `{flight}/{n}.masked`.

CREATE TABLE renditions (
    -- As in the audit: `alert/{id}/evidence/{name}` or `flight/{id}/media/{n}`.
    subject TEXT NOT NULL PRIMARY KEY,
    alert TEXT REFERENCES alerts (id) ON DELETE CASCADE,
    flight BIGINT,
    n BIGINT,
    -- Of the file that it was made from, in hex.
    original_sha256 TEXT NOT NULL,
    -- Models with their hashes, and settings: another recipe makes it again.
    recipe TEXT NOT NULL,
    media_type TEXT NOT NULL,
    -- How many places were masked; of a video, over all its pictures.
    places BIGINT NOT NULL CHECK (places >= 0),
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    -- Of its own bytes, in hex.
    sha256 TEXT NOT NULL,
    -- This machine's clock.
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (flight, n) REFERENCES flight_files (flight, n) ON DELETE CASCADE,
    CHECK ((alert IS NULL) <> (flight IS NULL)),
    CHECK ((flight IS NULL) = (n IS NULL))
);

CREATE INDEX renditions_of_flight ON renditions (flight, n) WHERE flight IS NOT NULL;
CREATE INDEX renditions_of_alert ON renditions (alert) WHERE alert IS NOT NULL;
