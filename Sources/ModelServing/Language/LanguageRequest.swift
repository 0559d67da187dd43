package import Foundation

/// A text that is asked for. Lengths are in tokens; to the models of this coordinator a byte is one.
package struct LanguageRequest: Sendable {
    package enum Prompt: Sendable {
        case text(String)
        case conversation([PlainTemplate.Message])
    }
    package var prompt: Prompt
    /// nil: the usual one.
    package var model: String?
    /// Where that is not here, the embedded one runs.
    package var isLenient = false
    /// nil: 256, or as many as the context has room for.
    package var maxTokens: Int?
    package var temperature = LanguageServingLimits.temperature
    package var topP = 1.0
    package var frequencyPenalty = 0.0
    package var presencePenalty = 0.0
    /// nil: one is drawn, and told.
    package var seed: UInt64?
    package var stop: [String] = []

    package init(_ prompt: Prompt, model: String? = nil) { (self.prompt, self.model) = (prompt, model) }
}

/// A text that was asked for, and how it came about.
package struct LanguageReply: Sendable {
    /// What ran.
    package var model: LanguageModelFacts
    package var text: String
    package var finish: TextFinish
    /// In the model's tokens; nil: its server did not say.
    package var promptTokens: Int?
    /// All that were sampled, also those of a stop sequence.
    package var completionTokens: Int?
    /// nil: another server drew it, if it has one.
    package var seed: UInt64?
    package var seconds: Double
    /// Unpriced: nil.
    package var cost: Decimal?
    package var totalTokens: Int? {
        guard let promptTokens, let completionTokens else { return nil }
        return promptTokens + completionTokens
    }
}

/// What is known of a language model.
package struct LanguageModelFacts: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable { case available, loading, unavailable }
    package var id: String
    package var name: String
    package var description: String
    /// Of prompt and continuation together; nil: its server does not say.
    package var contextTokens: Int?
    package var status: Status
    /// Weights, or counted sequences.
    package var parameters: Int?
    /// Of its file; nil: it is made here and has none.
    package var sha256: String?
    package var pricePerToken: Decimal?
    /// Of ours none was trained to hold a conversation.
    package var capabilities = ["text_generation", "completion"]
    /// Where it is computed: here, or as `openai:lab` on another server.
    package var backend = "embedded"
    package var tokenUnit = "byte"
    package var template = PlainTemplate.name
    /// nil: nobody here knows.
    package var isTuned: Bool? = false
}

/// Why there is no text.
package enum LanguageFailure: Error, Sendable, Equatable {
    case notLoaded(asked: String, available: [String])
    /// By the request's name for it.
    case invalid(field: String, issue: String)
    /// Its file is here and cannot be used.
    case unusable(String)
    case busy(limit: Int)
    case tooSlow(seconds: Int)
    case cancelled
    case upstream(UpstreamFailure)
    case internalError(cause: String)
}
