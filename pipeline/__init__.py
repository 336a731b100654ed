"""The way of an article, one module a stage, in the order in which `pipeline.run` calls them."""
