/// What language models are asked for, at most.
package enum LanguageServingLimits {
    /// Texts that are generated or wait for it.
    package static let waiting = 32
    /// A reply that takes longer is given up.
    package static let seconds = 60
    /// Models that are kept in memory, each of at most 64 MiB.
    package static let loaded = 4
    /// Bytes of a prompt, and tokens of a reply; each model's own context is what counts.
    package static let prompt = 1...(256 << 10)
    /// Of a request: a byte takes up to six in JSON.
    package static let bodyBytes = 6 * prompt.upperBound + 64 << 10
    package static let messages = 256
    /// Where nothing is said, if the context has room for it.
    package static let usualTokens = 256
    package static let temperature = 0.7
}

/// The longest context that a model of ours may have.
package enum ByteLanguageContext {
    package static let bytes = 4096
}
