"""What people say about tracks and how they choose: comments.py and rounds.py; all models are imported from here."""

from musicstudio.review.comments import Comment, Kind, Look, Reaction
from musicstudio.review.heard import Heard, PrivateListening
from musicstudio.review.rounds import Ballot, Candidate, Round

__all__ = ["Ballot", "Candidate", "Comment", "Heard", "Kind", "Look", "PrivateListening", "Reaction", "Round"]
