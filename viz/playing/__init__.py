"""The backward player: its steps, its page, its frames, and the table written as JavaScript."""
