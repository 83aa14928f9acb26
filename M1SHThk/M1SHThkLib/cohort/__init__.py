"""The statistics of a study: many subjects' measurements and a clinical table to findings."""
