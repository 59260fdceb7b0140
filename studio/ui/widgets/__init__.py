"""The kit: widgets that know no engine."""
