"""Two endpoints on a wire that may lose, delay and repeat: stories, scripts, exploration."""
