"""What is learned: image networks, the recurrent network, its targets, its weights on disk."""
