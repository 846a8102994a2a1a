-- One act, one alert: what other sources tell of an act is a part of the alert that told of it first.
--
-- `part_of` is that alert; a part is stored whole, with its evidence, and is in nobody's queue. `also` lists the parts of
-- an alert, as JSON. A person may take a part out again.
ALTER TABLE alerts ADD COLUMN part_of TEXT REFERENCES alerts (id);
ALTER TABLE alerts ADD COLUMN also TEXT;
-- By the machine's rule, to find candidates; NULL in rows from before.
ALTER TABLE alerts ADD COLUMN rule TEXT;

CREATE INDEX alerts_of_rule ON alerts (rule, last_seen) WHERE part_of IS NULL;
