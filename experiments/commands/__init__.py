"""The commands, one file a group; what is heavy is imported inside them."""
