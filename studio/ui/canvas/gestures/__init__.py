"""What the mouse can do on the canvas, one class each."""
