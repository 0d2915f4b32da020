"""What people are asked to do before the instructions: set their volume, and put on headphones."""
