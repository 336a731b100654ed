"""The network in: one crawl a child process, its manners, its address guard, and the vault of what it fetched."""
