"""The plugin: reads widgets, starts workers, hangs layers. No arithmetic."""
