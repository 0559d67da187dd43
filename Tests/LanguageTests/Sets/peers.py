#!/usr/bin/env python3
"""Runs PyPI's vaderSentiment 3.3.2, yake 0.7.3, py3langid 0.4.0 and sumy 0.13.0 over the labelled sets, prints their figures and writes yake.tsv.

    pip install vaderSentiment yake py3langid sumy nltk && python peers.py"""
import re
from pathlib import Path

FOLDER = Path(__file__).parent


def lines(name):
    return [line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text().splitlines() if line]


def languages(name):
    import py3langid
    py3langid.set_languages()
    rows = lines(name)
    def found():  # it has no codes for the two Norwegians
        return [{"no": "nb"}.get(code, code) for code in (py3langid.classify(text)[0] for _, text in rows)]
    free = found()
    py3langid.set_languages(sorted({{"nb": "no"}.get(code, code) for code, _ in rows}))
    held = found()
    for held, found in (("all its languages", free), ("held to ours", held)):
        print(f"{name}: py3langid, {held}: accuracy {sum(f == c for f, (c, _) in zip(found, rows)) / len(rows):.2f} of {len(rows)}")


def sentiment(name):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    analyser, rows = SentimentIntensityAnalyzer(), lines(name)
    scores = [analyser.polarity_scores(text)["compound"] for _, text in rows]
    found = ["positive" if s >= 0.05 else "negative" if s <= -0.05 else "neutral" for s in scores]
    f1 = []
    for label in ("positive", "neutral", "negative"):
        right = sum(f == label and c == label for f, (c, _) in zip(found, rows))
        f1.append(2 * right / (found.count(label) + sum(c == label for c, _ in rows)))
    print(f"vaderSentiment, {name}: macro-F1 {sum(f1) / 3:.2f} of {len(rows)}")


def keywords():
    import yake
    with open(FOLDER / "yake.tsv", "w") as out:
        for text, _ in lines("summaries"):
            found = yake.KeywordExtractor(lan="en", n=3, top=10).extract_keywords(text)
            out.write("\t".join(word.lower() for word, _ in found) + "\n")


def summaries():
    from sumy.nlp.tokenizers import Tokenizer
    from sumy.parsers.plaintext import PlaintextParser
    from sumy.summarizers.text_rank import TextRankSummarizer
    from collections import Counter

    class Plain:  # needs no data of nltk's; the texts have no abbreviations
        def to_sentences(self, text): return tuple(re.split(r"(?<=[.!?])\s+", text.strip()))
        def to_words(self, text): return tuple(re.findall(r"\w+", text))

    def words(text):
        return Counter(re.findall(r"[a-z][a-z']*", text.lower()))
    scores = []
    for text, reference in lines("summaries"):
        room = sum(len(re.findall(r"[\w']+", s)) for s in Plain().to_sentences(text)[:3])
        parser = PlaintextParser.from_string(text, Plain())
        # As many as fit, the best first.
        ranked = sorted(TextRankSummarizer().rate_sentences(parser.document).items(), key=lambda pair: -pair[1])
        chosen = []
        for sentence, _ in ranked:
            length = len(re.findall(r"[\w']+", str(sentence)))
            if length <= room:
                chosen.append(str(sentence))
                room -= length
        own, wanted = words(" ".join(chosen)), words(reference)
        scores.append(2 * sum((own & wanted).values()) / (sum(own.values()) + sum(wanted.values())))
    print(f"sumy TextRank: ROUGE-1 {sum(scores) / len(scores):.2f} of {len(scores)}")


if __name__ == "__main__":
    languages("languages")
    languages("languages-names")
    sentiment("sentiment")
    sentiment("sentiment-heldout")
    keywords()
    summaries()
