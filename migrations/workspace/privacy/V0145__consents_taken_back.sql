-- An import that is taken back takes back what its file said of consents: by another event, which names the first. Both
-- stay; neither counts.
ALTER TABLE consent_events ADD COLUMN takes_back INTEGER;   -- the event that no longer counts
CREATE TRIGGER consent_events_take_back_once BEFORE UPDATE OF takes_back ON consent_events BEGIN
    SELECT RAISE(ABORT, 'what somebody said about their data never changes');
END;
