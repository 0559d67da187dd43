/// What this room takes from outside, at most.
package enum ByteLanguageLimits {
    /// Of a text that counts are made of: eight times as many bytes of memory while they are made.
    package static let trainingBytes = 16 << 20
    /// N-grams of one order.
    package static let grams = 16 << 20
    package static let gramFileBytes = 256 << 20
    package static let stopSequences = 8
    package static let stopBytes = 64
}
