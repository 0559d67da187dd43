/// The candidate a person probably meant: equal but for case and separators, or at most two edits away.
package func nearest(_ word: String, in candidates: [String]) -> String? {
    func folded(_ text: String) -> [UInt8] { text.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") } }
    let wanted = folded(word)
    if let same = candidates.first(where: { folded($0) == wanted }) { return same }
    let ranked = candidates.map { ($0, editDistance(folded($0), wanted)) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= 2, best.1 < wanted.count else { return nil }
    return best.0
}

/// Levenshtein's distance; words above 64 bytes are nobody's typing error.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    guard a.count <= 64, b.count <= 64 else { return .max }
    var row = Array(0...b.count)
    for i in a.indices {
        var previous = row[0]
        row[0] = i + 1
        for j in b.indices {
            let insertion = min(row[j], row[j + 1]) + 1
            let substitution = previous + (a[i] == b[j] ? 0 : 1)
            previous = row[j + 1]
            row[j + 1] = min(insertion, substitution)
        }
    }
    return row[b.count]
}
