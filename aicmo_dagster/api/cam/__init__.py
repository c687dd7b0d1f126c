"""The REST API under /api/v1/cam: the campaigns, their leads and their runs, for programs and for the console."""
