"""One room a job, each connecting packages that don't know each other; the public face calls them."""
