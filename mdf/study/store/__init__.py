"""The results store: a row for every attempt, so that runs are listed and chosen without opening their files.

The files are written first and are what counts: a row that is missing or older than its file is made anew from it, and
one whose files are gone is dropped. Nothing here is imported but by commands that need it (SQLAlchemy takes a while),
and never by workers.
"""
