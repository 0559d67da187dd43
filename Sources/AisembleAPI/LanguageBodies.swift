internal import APIKit
internal import ByteLanguage
internal import Foundation
internal import ModelServing
internal import StrictJSON

extension PlainTemplate.Role: ChoiceValue {}
extension LanguageModelFacts.Status: ChoiceValue {}
extension TextFinish: ChoiceValue {}

struct SamplingParameters: DescribedRequest {
    static let name = "SamplingParameters"
    var topP = 1.0
    var frequencyPenalty = 0.0
    var presencePenalty = 0.0
    var seed: Int?
    var stop: [String] = []
    static let fields = [
        FieldOf<SamplingParameters>("top_p", \.topP, Bounds(range: 0...1), note: "above 0: the next byte is one of the fewest with this share together"),
        FieldOf("frequency_penalty", \.frequencyPenalty, Bounds(range: -2...2), note: "taken off a byte's logit for each time it was sampled"),
        FieldOf("presence_penalty", \.presencePenalty, Bounds(range: -2...2), note: "taken off a byte's logit once it was sampled"),
        FieldOf("seed", \.seed, Bounds(range: 0...0x1p63), note: "the same seed and model, the same text; drawn and told where it is left out"),
        FieldOf("stop", \.stop, Bounds(count: 0...4, elementBytes: 1...ByteLanguageLimits.stopBytes), note: "the text ends before the first of these"),
    ]
}

struct GenerateBody: DescribedRequest {
    static let name = "GenerateText"
    var prompt = ""
    var model: String?
    var maxTokens: Int?
    var temperature = LanguageServingLimits.temperature
    var parameters = SamplingParameters()
    static let fields = [
        FieldOf<GenerateBody>("prompt", \.prompt, isRequired: true, Bounds(count: LanguageServingLimits.prompt), note: "is continued"),
        FieldOf("model", \.model, Bounds(count: 1...128), note: "the usual one where it is left out"),
        FieldOf(
            "max_tokens", \.maxTokens, .whole(LanguageServingLimits.prompt), unit: "tokens",
            note: "at most what the prompt leaves of the model's context; 256, or that, where it is left out"),
        FieldOf("temperature", \.temperature, Bounds(range: 0...2), note: "0: always the likeliest byte"),
        FieldOf("parameters", \.parameters),
    ]
}

struct GenerateFacts: Described {
    static let name = "GenerateFacts"
    let reply: LanguageReply
    private var cost: Double? { reply.cost.map { ($0 as NSDecimalNumber).doubleValue } }
    private var seed: Int? { reply.seed.map { Int(clamping: $0) } }
    private var tokensUsed: Int? { reply.totalTokens }
    private var promptTokens: Int? { reply.promptTokens }
    private var completionTokens: Int? { reply.completionTokens }
    private var seconds: Double { reply.seconds }
    private var finish: TextFinish { reply.finish }
    private var unit: String { reply.model.tokenUnit }
    private var backend: String { reply.model.backend }
    private var sha256: String? { reply.model.sha256 }
    static let fields = [
        FieldOf<GenerateFacts>("tokens_used", \.tokensUsed, .counted, "prompt and completion; null: another server did not say"),
        FieldOf("processing_time", \.seconds, .measured, unit: "s"), FieldOf("cost", \.cost, .rule("tokens_used times the price table"), "null: unpriced"),
        FieldOf("prompt_tokens", \.promptTokens, .counted), FieldOf("completion_tokens", \.completionTokens, .counted),
        FieldOf("token_unit", \.unit, .stored, "byte, or the token of another server"),
        FieldOf("finish_reason", \.finish, .rule("how the text ended")), FieldOf("seed", \.seed, .generated, "null: another server drew it"),
        FieldOf("backend", \.backend, .stored, "embedded, or the other server"),
        FieldOf("model_sha256", \.sha256, .stored, "of the model's file; null: it is made at its first use, or another server has it"),
    ]
}

struct GenerateView: Described {
    static let name = "GeneratedText"
    var requestID: String
    var reply: LanguageReply
    var requestedModel: String?
    private var model: String { reply.model.id }
    private var text: String { reply.text }
    private var facts: GenerateFacts { GenerateFacts(reply: reply) }
    private var status: String { "completed" }
    static let fields = [
        FieldOf<GenerateView>("request_id", \.requestID, .generated), FieldOf("model", \.model, .rule("what ran")),
        FieldOf("requested_model", \.requestedModel, .request, "where another one ran").only { $0.requestedModel != nil },
        FieldOf("generated_text", \.text, .rule("the model"), "what follows the prompt"), FieldOf("metadata", \.facts, .rule("of the text")),
        FieldOf("status", \.status, .fixed),
    ]
}

struct LanguageModelView: Described {
    static let name = "LanguageModel"
    let facts: LanguageModelFacts
    private var id: String { facts.id }
    private var title: String { facts.name }
    private var description: String { facts.description }
    private var context: Int? { facts.contextTokens }
    private var price: Double? { facts.pricePerToken.map { ($0 as NSDecimalNumber).doubleValue } }
    private var capabilities: [String] { facts.capabilities }
    private var status: LanguageModelFacts.Status { facts.status }
    private var template: String { facts.template }
    private var isTuned: Bool? { facts.isTuned }
    private var unit: String { facts.tokenUnit }
    private var backend: String { facts.backend }
    private var parameters: Int? { facts.parameters }
    private var sha256: String? { facts.sha256 }
    static let fields = [
        FieldOf<LanguageModelView>("id", \.id, .stored), FieldOf("name", \.title, .stored), FieldOf("description", \.description, .stored),
        FieldOf("max_tokens", \.context, .stored, "of prompt and continuation together; null: its server does not say"),
        FieldOf("cost_per_token", \.price, .rule("price table"), "null: unpriced"), FieldOf("capabilities", \.capabilities, .stored),
        FieldOf("status", \.status, .stored, "of another server's as of half a minute ago at most"),
        FieldOf("chat_template", \.template, .stored, "plain: a line for each message; upstream: its server's own"),
        FieldOf("instruction_tuned", \.isTuned, .stored, "null: nobody here knows"), FieldOf("token_unit", \.unit, .stored),
        FieldOf("backend", \.backend, .stored, "embedded, or the other server"),
        FieldOf("parameters", \.parameters, .counted, "weights, or counted sequences"),
        FieldOf("sha256", \.sha256, .stored, "of its file; null: it is made at its first use, or is on another server"),
    ]
}

struct LanguageModelsView: Described {
    static let name = "LanguageModels"
    var models: [LanguageModelView]
    static let fields = [FieldOf<LanguageModelsView>("models", \.models, .stored)]
}

struct ChatMessage: DescribedRequest {
    static let name = "ChatMessage"
    var role = PlainTemplate.Role.user
    var content = ""
    static let fields = [
        FieldOf<ChatMessage>("role", \.role, isRequired: true),
        FieldOf("content", \.content, isRequired: true, Bounds(count: 0...LanguageServingLimits.prompt.upperBound)),
    ]
}

struct ChatBody: DescribedRequest {
    static let name = "ChatRequest"
    var messages: [ChatMessage] = []
    var model: String?
    var temperature = LanguageServingLimits.temperature
    var maxTokens: Int?
    var parameters = SamplingParameters()
    var streams = false
    static let fields = [
        FieldOf<ChatBody>("messages", \.messages, isRequired: true, Bounds(count: 1...LanguageServingLimits.messages)),
        FieldOf("model", \.model, Bounds(count: 1...128), note: "the usual one where it is left out"),
        FieldOf("temperature", \.temperature, Bounds(range: 0...2), note: "0: always the likeliest byte"),
        FieldOf(
            "max_tokens", \.maxTokens, .whole(LanguageServingLimits.prompt), unit: "tokens",
            note: "at most what the messages leave of the model's context; 256, or that, where it is left out"),
        FieldOf("parameters", \.parameters), FieldOf("stream", \.streams, note: "as server-sent events, the last of them [DONE]"),
    ]
}

struct ChatAnswer: Described {
    static let name = "ChatAnswer"
    let role = PlainTemplate.Role.assistant
    var content: String
    static let fields = [FieldOf<ChatAnswer>("role", \.role, .fixed), FieldOf("content", \.content, .rule("the model"))]
}

struct ChatChoice: Described {
    static let name = "ChatChoice"
    var message: ChatAnswer
    var finish: TextFinish
    static let fields = [
        FieldOf<ChatChoice>("message", \.message, .rule("the model")), FieldOf("finish_reason", \.finish, .rule("how the text ended")),
    ]
}

struct TokenUse: Described {
    static let name = "TokenUse"
    var prompt: Int?
    var completion: Int?
    var total: Int?
    var unit: String
    static let fields = [
        FieldOf<TokenUse>("prompt_tokens", \.prompt, .counted, "of the messages as the template has them; null: another server did not say"),
        FieldOf("completion_tokens", \.completion, .counted),
        FieldOf("total_tokens", \.total, .counted), FieldOf("token_unit", \.unit, .stored),
    ]
}

struct ChatView: Described {
    static let name = "ChatReply"
    var requestID: String
    var reply: LanguageReply
    var requestedModel: String?
    private var model: String { reply.model.id }
    private var choices: [ChatChoice] { [ChatChoice(message: ChatAnswer(content: reply.text), finish: reply.finish)] }
    private var usage: TokenUse {
        TokenUse(prompt: reply.promptTokens, completion: reply.completionTokens, total: reply.totalTokens, unit: reply.model.tokenUnit)
    }
    private var template: String { reply.model.template }
    private var isTuned: Bool? { reply.model.isTuned }
    private var seed: Int? { reply.seed.map { Int(clamping: $0) } }
    private var backend: String { reply.model.backend }
    private var sha256: String? { reply.model.sha256 }
    static let fields = [
        FieldOf<ChatView>("request_id", \.requestID, .generated), FieldOf("model", \.model, .rule("what ran")),
        FieldOf("requested_model", \.requestedModel, .request, "where another one ran").only { $0.requestedModel != nil },
        FieldOf("choices", \.choices, .rule("the model")), FieldOf("usage", \.usage, .counted), FieldOf("chat_template", \.template, .stored),
        FieldOf("instruction_tuned", \.isTuned, .stored), FieldOf("seed", \.seed, .generated, "null: another server drew it"),
        FieldOf("backend", \.backend, .stored, "embedded, or the other server"),
        FieldOf("model_sha256", \.sha256, .stored, "of its file; null: it has none here"),
    ]
}
