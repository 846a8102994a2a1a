-- What was alerted of as built, place by place: what stands or stood there, since when, and when its place is to be
-- looked at again once it is gone.

CREATE TABLE builds (
    -- Known by the alert that was raised of it.
    alert TEXT NOT NULL PRIMARY KEY REFERENCES alerts (id),
    -- Polygon, covariance and area, as JSON.
    outline TEXT NOT NULL,
    -- The box around its outer ring, degrees: to find what lies about a place.
    west DOUBLE PRECISION NOT NULL,
    south DOUBLE PRECISION NOT NULL,
    east DOUBLE PRECISION NOT NULL,
    north DOUBLE PRECISION NOT NULL,
    -- Times of pictures: the latest without it, the first and the latest with it.
    bare_at BIGINT NOT NULL,
    since BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    demolished_at BIGINT,
    -- A user, or `machine`.
    demolished_by TEXT,
    -- What stood here before and was taken away.
    rebuilt_of TEXT REFERENCES builds (alert),
    -- This machine's clock.
    recorded_at BIGINT NOT NULL,
    CHECK ((demolished_at IS NULL) = (demolished_by IS NULL))
);

CREATE INDEX builds_by_place ON builds (west, east);
CREATE INDEX builds_by_time ON builds (since, alert);

-- Flights that are due after a demolition: whether it is being built again.
CREATE TABLE build_visits (
    alert TEXT NOT NULL REFERENCES builds (alert),
    -- Days after the demolition.
    day BIGINT NOT NULL CHECK (day >= 1),
    due_at BIGINT NOT NULL,
    -- The time of a picture that shows the place, at or after due_at.
    flown_at BIGINT,
    PRIMARY KEY (alert, day)
);

CREATE INDEX build_visits_due ON build_visits (due_at) WHERE flown_at IS NULL;
