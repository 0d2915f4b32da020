"""Messages that recruiters send about submissions: signed, heard once, and never needed."""
