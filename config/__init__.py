"""What an operator edits: settings, sources, codebook, lexicon, gazetteer, watch rules, what Kibana shows."""
