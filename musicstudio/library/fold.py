"""Words as the search compares them: without case, accents and punctuation, so that `Café-Jazz` and `cafe jazz` are the same.

The text of a track and what somebody looks for go through the same function. Words stand apart by two blanks: the index
works on three letters in a row (PostgreSQL's pg_trgm, SQLite's FTS5 trigram tokenizer), and with the blanks even a word of
one letter has three at its beginning.
"""

import re
import unicodedata

GAP = "  "
ASCII_WORDS = re.compile(r"[a-z0-9]+")
SHORTEST = 3  # letters that are found in the middle of a word; shorter words are found at a beginning
# Written without blanks between the words: every sign is a word of its own. Thai to Khmer, kana, Han.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def words_of(text: str) -> list[str]:
    """The words in order, in small letters without accents. Symbols such as emoji are words; punctuation is nothing."""
    text = text.casefold()
    if text.isascii():
        return ASCII_WORDS.findall(text)
    letters = []
    for letter in unicodedata.normalize("NFKD", text).casefold():
        kind = unicodedata.category(letter)
        if kind[0] in "LN" or kind == "Mc":
            letters.append(f" {letter} " if UNSPACED.match(letter) else letter)
        elif kind != "Mn":
            letters.append(f" {letter} " if kind == "So" else " ")
    return "".join(letters).split()


def folded(*texts: str) -> str:
    """What the index holds for the texts; begins and ends with the gap. A phrase never reaches from one text into the next."""
    parts = [GAP.join(words_of(text)) for text in texts]
    return GAP + f"{GAP}\n{GAP}".join(part for part in parts if part) + GAP


def wanted(text: str, whole: bool = False) -> str:
    """What the index has to contain for the text: anywhere in it for one longer word, else from the beginning of a word.

    `whole`: the last word has to end there too, as in a quoted phrase. Empty when there is nothing to look for.
    """
    words = words_of(text)
    if not words:
        return ""
    inside = len(words) == 1 and len(words[0]) >= SHORTEST and not whole
    return ("" if inside else GAP) + GAP.join(words) + (GAP if whole else "")
