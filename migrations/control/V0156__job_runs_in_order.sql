-- The newest run is the one that was written down last, also when the clock was ahead for a while: by id, which every
-- index ends with.
DROP INDEX job_runs_by_name;
CREATE INDEX job_runs_by_place ON job_runs (name, workspace_id);
