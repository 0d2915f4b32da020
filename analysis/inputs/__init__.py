"""What a report starts from: answers, declarations, measurements, read and checked."""
