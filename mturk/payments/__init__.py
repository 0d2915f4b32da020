"""Who is paid what: decided once, asked once, compared to the cent."""
