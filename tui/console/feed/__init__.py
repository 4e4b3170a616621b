"""Where what is shown comes from: a journal that grows, a recording that plays, files beside the journal."""
