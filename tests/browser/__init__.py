"""What a reader sees: JupyterLab and exported pages in a real browser."""
