"""What travels over HTTP: pages, JSON, headers, and the server that sends them."""
