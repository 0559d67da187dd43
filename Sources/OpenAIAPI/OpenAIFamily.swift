package import APIKit
package import ModelServing
internal import Platform

/// The part of OpenAI's API that models here can answer, for clients that were written for it: models, completions, chat completions.
///
/// It stands beside the documented families: its keys and tokens are those of v2, and its calls are counted in v2's plan.
package enum OpenAI {
    static let base = "/openai/v1"

    package static func family(_ language: LanguageModels) -> Family {
        Family(.v2, bases: [base], endpoints: models(language) + completions(language), errorShape: ErrorBody.shape, envelope: envelope)
            .describing(title: "OpenAI-compatible language models", version: "1.0.0")
    }
}
