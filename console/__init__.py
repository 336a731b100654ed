"""The command line and the web console: what people and scripts touch."""
