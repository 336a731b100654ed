"""One module a change of the schema, written out: it must do tomorrow what it did when it was released."""
