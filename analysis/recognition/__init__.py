"""What sounds and pictures tell of materials and actions: Sections 4, 6.3, A1.2 and A2 of the paper."""
