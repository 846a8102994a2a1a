-- What aircraft say, read by what it is about: the newest of each kind, and the path of some hours.
CREATE INDEX telemetry_by_kind ON telemetry (device, kind, at);
DROP INDEX telemetry_by_time;

-- The serial number of the aircraft that flew it, whose telemetry may have been heard live; empty
-- where nobody said.
ALTER TABLE flights ADD COLUMN aircraft TEXT NOT NULL DEFAULT '';
