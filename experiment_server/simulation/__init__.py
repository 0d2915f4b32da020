"""Programs that take part: to rehearse a study and to test the site."""
