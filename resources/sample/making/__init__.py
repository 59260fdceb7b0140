"""What makes the sample project's files; used by developers only, through ../make.py."""
