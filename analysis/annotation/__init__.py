"""What people said of impacts: how far they agree, and the labels that follow from it."""
