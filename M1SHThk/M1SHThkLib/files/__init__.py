"""Everything read and written on disk, a format a file."""
