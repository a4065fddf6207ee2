"""New services and projects from Copier templates, and later improvements of the templates."""
