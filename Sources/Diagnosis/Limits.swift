/// Every bound of the room.
enum Limits {
    /// What is written, synced and removed again to try a disk.
    static let trialBytes = 64 << 10
    /// Less free room than this is worth a word: a large model's round writes so much.
    static let roomBytes: Int64 = 1_000_000_000
    static let connectSeconds: Int64 = 5
    static let handshakeSeconds: Int64 = 5
    /// From a request's end to the end of its answer.
    static let answerSeconds: Int64 = 15
    /// An answer that a doctor reads.
    static let answerBytes = 4 << 20
    /// Two clocks that differ by less are as good as one: HTTP dates are whole seconds.
    static let skewSeconds = 2.0
    /// Certificates begin to be valid five minutes early; up to here nothing fails of a wrong clock.
    static let skewSecondsMax = 120.0
    /// A warning comes with this share of a certificate's life left, at most `warningSeconds` before its end.
    static let warningShare = 1.0 / 3
    static let warningSeconds = 30.0 * 86_400
}
