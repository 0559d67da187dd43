"""Golden vectors for classification metrics, from scikit-learn.

Usage: python3 Tests/Golden/make_metrics_vectors.py > Tests/Golden/learning/metrics.json   (numpy, scikit-learn)
"""

import json

import numpy as np
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score, precision_score, recall_score, roc_auc_score

generator = np.random.default_rng(7)
cases = []
for name, rows, classes, sharpness, rounded in [
    ("two classes", 200, 2, 1.0, False), ("two classes with ties", 300, 2, 1.0, True), ("five classes", 400, 5, 2.0, False),
    ("a class that is never predicted", 120, 4, 0.3, True), ("very sure", 150, 3, 20.0, False),
]:
    labels = generator.integers(0, classes, rows)
    labels[:classes] = np.arange(classes)
    logits = generator.normal(size=(rows, classes)) + (np.eye(classes)[labels] * 1.2)
    logits *= sharpness
    if name.startswith("a class"):
        logits[:, 3] -= 10
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    if rounded:
        p = np.round(p, 1)
    p = p.astype(np.float32)
    predicted = p.argmax(1)
    classes_range = list(range(classes))
    confidence = p.max(1).astype(np.float64)
    bins = np.clip(np.ceil(confidence * 15).astype(int) - 1, 0, 14)
    ece = sum(
        (bins == b).sum() / rows * abs((predicted == labels)[bins == b].mean() - confidence[bins == b].mean()) for b in range(15) if (bins == b).any()
    )
    # One class against the rest, one after the other: rounded rows do not add up to 1.
    judged = [1] if classes == 2 else classes_range
    auc = np.mean([roc_auc_score(labels == c, p[:, c]) for c in judged])
    cases.append({
        "name": name, "classes": classes, "labels": labels.tolist(), "probabilities": [float(x) for x in p.ravel()],
        "confusion": confusion_matrix(labels, predicted, labels=classes_range).ravel().tolist(),
        "precision": precision_score(labels, predicted, labels=classes_range, average=None, zero_division=0).tolist(),
        "recall": recall_score(labels, predicted, labels=classes_range, average=None, zero_division=0).tolist(),
        "f1": f1_score(labels, predicted, labels=classes_range, average=None, zero_division=0).tolist(),
        "balanced_accuracy": balanced_accuracy_score(labels, predicted), "auc": float(auc),
        "brier": float((((p.astype(np.float64) - np.eye(classes)[labels]) ** 2).sum(1)).mean()), "ece": float(ece),
    })
print(json.dumps({"cases": cases}))
