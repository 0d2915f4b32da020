"""Sound for any silent video: `models dub`."""
