internal import Federation

/// What ends a fixed time after it began, in the order of beginnings, so that finding what is over costs nothing. The entries are
/// hints: whoever takes one out looks whether it still holds.
struct Expiry<Key: Sendable>: Sendable {
    private var entries: [(key: Key, began: Instant)] = []
    private var first = 0

    var count: Int { entries.count - first }
    var head: (key: Key, began: Instant)? { first < entries.count ? entries[first] : nil }

    mutating func append(_ key: Key, _ began: Instant) { entries.append((key, began)) }

    mutating func removeHead() {
        first += 1
        // Moved together now and then, which costs each entry one move at most.
        if first > 1024, first * 2 > entries.count {
            entries.removeFirst(first)
            first = 0
        }
    }
}
