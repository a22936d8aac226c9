"""Load, plan, run, judge, waive: from gate files and evidence to verdicts.  Knows no compiler."""
