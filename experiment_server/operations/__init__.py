"""What those who keep a site running look at: health, metrics, logs."""
