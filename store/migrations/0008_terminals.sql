-- Terminals in trucks (JT/T 808) and where they were.

CREATE TABLE terminals (
    id INTEGER PRIMARY KEY,
    -- Digits without zeros in front: what the terminal calls itself.
    number TEXT NOT NULL UNIQUE,
    -- What it authenticates with, as it was given at its registration; empty for one that only others speak for.
    code TEXT NOT NULL DEFAULT '',
    -- As it registered; empty where it did not say.
    plate TEXT NOT NULL DEFAULT '',
    plate_color BIGINT NOT NULL DEFAULT 0,
    maker TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    -- This machine's clock; NULL for one that never registered.
    registered_at BIGINT
);

-- A position is the same as another when terminal, time, serial number and place in the message are: a terminal
-- sends again what was not acknowledged, with the same number. Numbers come again after 65 536 messages, at another time.
CREATE TABLE terminal_positions (
    terminal INTEGER NOT NULL REFERENCES terminals (id) ON DELETE CASCADE,
    -- The terminal's clock, microseconds.
    at BIGINT NOT NULL,
    serial INTEGER NOT NULL,
    -- Counts the positions of a batch (0704) from 0.
    nth INTEGER NOT NULL,
    -- WGS-84, degrees; NULL without a fix.
    lon REAL,
    lat REAL,
    altitude_m INTEGER NOT NULL,
    speed_kmh REAL NOT NULL,
    -- Clockwise from north; NULL where it said none.
    course_deg REAL,
    -- As they came, bit by bit.
    alarm BIGINT NOT NULL,
    status BIGINT NOT NULL,
    -- By the sensor profile of the terminal; NULL is unknown.
    load TEXT CHECK (load IN ('empty', 'partial', 'full')),
    lid TEXT CHECK (lid IN ('closed', 'open')),
    body TEXT CHECK (body IN ('down', 'raised')),
    -- This machine's clock.
    received_at BIGINT NOT NULL,
    PRIMARY KEY (terminal, at, serial, nth)
) WITHOUT ROWID;
