"""What people say about tracks and how they choose: comments.py and rounds.py; all models are imported from here."""
