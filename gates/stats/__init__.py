"""The statistics: exact comparison and paired intervals.  Pure functions of rows; no files, no clock."""
