"""The canvas: a workflow as boxes and wires. It asks the engine's judge about links and never decides itself."""
