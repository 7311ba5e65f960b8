"""Guards judged by what they do: a function is run for a caller who brings no credentials."""
