"""Other computers that answer: whole studios and model servers, with their state."""
