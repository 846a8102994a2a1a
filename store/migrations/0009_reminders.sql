-- 违停十分钟提醒: whoever parked is reminded first. What became of it, as JSON, and its state to find it by.
--
-- NULL where nobody was to be reminded. `asked`, `delivered` and `undeliverable` are pending, `corrected` and `gone`
-- are closed: these alerts wait for no person. `still_there` and `unreminded` are in their queue like any other.
ALTER TABLE alerts ADD COLUMN reminder TEXT;
ALTER TABLE alerts ADD COLUMN reminder_state TEXT;

CREATE INDEX alerts_reminded ON alerts (reminder_state, recorded_at)
    WHERE reminder_state IN ('asked', 'delivered', 'undeliverable');
