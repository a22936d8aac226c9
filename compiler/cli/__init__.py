"""The command `zero`: one file a verb, and what verbs share.

Statuses: 0 fine, 1 errors in the program, 2 the command cannot be carried out as given (usage, unreadable input,
unwritable output), 70 an error of ours; `run` passes the program's own status through.
"""
