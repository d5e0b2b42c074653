"""What is answered without a sign-in."""
