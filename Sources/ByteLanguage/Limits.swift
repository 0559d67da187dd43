/// What this room takes from outside, at most.
package enum ByteLanguageLimits {
    /// Of a text that counts are made of: eight times as many bytes of memory while they are made.
    package static let trainingBytes = 16 << 20
    /// N-grams of one order.
    package static let grams = 16 << 20
    package static let gramFileBytes = 256 << 20
    package static let layers = 32
    package static let width = 1024
    package static let heads = 32
    package static let hidden = 4096
    package static let context = 4096
    /// Symbols of a sequence with an embedding: as many as one number can hold.
    package static let longestGram = 6
    package static let gramRows = 1 << 16
    /// 64 MiB of Float32.
    package static let parameters = 16 << 20
    /// Tokens of one step of training.
    package static let batchTokens = 1 << 16
    package static let stopSequences = 8
    package static let stopBytes = 64
}
