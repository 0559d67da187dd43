/// The area under the ROC curve: how probable it is that a positive row scores higher than a negative one, ties counted
/// half (Hanley and McNeil 1982). Exact, by ranks.
///
/// - Returns: nil where one of the two kinds is missing, or a score is NaN.
package func areaUnderROC(scores: [Float], positives: [Bool]) -> Double? {
    precondition(scores.count == positives.count)
    let positive = positives.reduce(0) { $0 + ($1 ? 1 : 0) }
    let negative = positives.count - positive
    guard positive > 0, negative > 0, !scores.contains(where: \.isNaN) else { return nil }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    // Twice the number of pairs that are in the right order: a whole number, so nothing is rounded.
    var (doubled, below, first) = (0, 0, 0)
    while first < order.count {
        var (end, positivesHere, negativesHere) = (first, 0, 0)
        while end < order.count, scores[order[end]] == scores[order[first]] {
            if positives[order[end]] { positivesHere += 1 } else { negativesHere += 1 }
            end += 1
        }
        doubled += positivesHere * (2 * below + negativesHere)
        below += negativesHere
        first = end
    }
    return Double(doubled) / (2 * Double(positive) * Double(negative))
}

/// The mean over classes of the area under the ROC curve of "this class against the rest"; for two classes that of
/// class 1. Classes without rows, or with all of them, are left out.
///
/// - Returns: nil where no class can be judged.
package func areaUnderROC(predictions: [Prediction], labels: [Int32], classes: Int) -> Double? {
    precondition(predictions.count == labels.count)
    let judged = classes == 2 ? [1] : Array(0..<classes)
    let areas = judged.compactMap { label in
        areaUnderROC(
            scores: predictions.map { label < $0.probabilities.count ? $0.probabilities[label] : 0 },
            positives: labels.map { Int($0) == label })
    }
    return areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
}
