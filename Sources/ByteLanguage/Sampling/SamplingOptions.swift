/// How a text is continued: the parameters of OpenAI's API by their names there, over bytes instead of tokens.
package struct SamplingOptions: Sendable, Equatable {
    /// Bytes that are sampled, at most.
    package var maxBytes: Int
    /// 0: always the likeliest byte.
    package var temperature: Double
    /// The next byte is one of the fewest that have this share together.
    package var topP: Double
    package var frequencyPenalty: Double
    package var presencePenalty: Double
    /// The same seed, the same text.
    package var seed: UInt64
    /// The text ends before the first of these.
    package var stop: [[UInt8]]

    package init(
        maxBytes: Int, temperature: Double = 1, topP: Double = 1, frequencyPenalty: Double = 0, presencePenalty: Double = 0, seed: UInt64 = 0,
        stop: [[UInt8]] = []
    ) {
        (self.maxBytes, self.temperature, self.topP) = (maxBytes, temperature, topP)
        (self.frequencyPenalty, self.presencePenalty, self.seed, self.stop) = (frequencyPenalty, presencePenalty, seed, stop)
    }

    /// Why nothing can be sampled so; nil when it can.
    package var problem: ByteLanguageError? {
        guard maxBytes >= 1 else { return .setting("max_tokens", "must be at least 1") }
        guard temperature >= 0, temperature <= 2 else { return .setting("temperature", "must be 0 to 2") }
        guard topP > 0, topP <= 1 else { return .setting("top_p", "must be above 0 and at most 1") }
        for (name, value) in [("frequency_penalty", frequencyPenalty), ("presence_penalty", presencePenalty)] {
            guard value >= -2, value <= 2 else { return .setting(name, "must be -2 to 2") }
        }
        guard stop.count <= ByteLanguageLimits.stopSequences, stop.allSatisfy({ (1...ByteLanguageLimits.stopBytes).contains($0.count) }) else {
            return .setting("stop", "must be at most \(ByteLanguageLimits.stopSequences) texts of 1 to \(ByteLanguageLimits.stopBytes) bytes")
        }
        return nil
    }
}
