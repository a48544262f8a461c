"""The usual way: a record is validated, stored, sent and answered by itself.

The schema is built once per process; a row is added and committed per record; a Celery task and
a plain POST go out per record and agency. Nothing here waits on purpose.
"""
