"""What an operator edits: settings, sources, codebook, lexicon, gazetteer, watch rules."""
