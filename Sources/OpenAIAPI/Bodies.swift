internal import APIKit
internal import ByteLanguage
internal import ModelServing
internal import StrictJSON

/// What both kinds of requests share. Fields that OpenAI has and that change nothing here are taken and noticed; those that would change
/// the reply are refused.
struct SamplingFields: Sendable {
    var model = ""
    var maxTokens: Int?
    var temperature = 1.0
    var topP = 1.0
    var count = 1
    var streams = false
    var streamOptions: StreamOptions?
    var stop: JSON?
    var presencePenalty = 0.0
    var frequencyPenalty = 0.0
    var seed: Int?
    var user: String?
}

struct StreamOptions: DescribedRequest {
    static let name = "StreamOptions"
    var includesUsage = false
    static let fields = [FieldOf<StreamOptions>("include_usage", \.includesUsage, note: "one more event, before [DONE]")]
}

protocol SamplingBody: DescribedRequest {
    var sampling: SamplingFields { get set }
}

extension SamplingBody {
    static var samplingFields: [FieldOf<Self>] {
        [
            FieldOf("model", \.sampling.model, isRequired: true, Bounds(count: 1...128)),
            FieldOf("temperature", \.sampling.temperature, Bounds(range: 0...2)),
            FieldOf("top_p", \.sampling.topP, Bounds(range: 0...1), note: "above 0"),
            FieldOf("n", \.sampling.count, .whole(1...1), note: "one choice is made"),
            FieldOf("stream", \.sampling.streams, note: "as server-sent events, the last of them [DONE]"),
            FieldOf("stream_options", \.sampling.streamOptions), FieldOf("stop", \.sampling.stop, note: "a text, or up to four"),
            FieldOf("presence_penalty", \.sampling.presencePenalty, Bounds(range: -2...2)),
            FieldOf("frequency_penalty", \.sampling.frequencyPenalty, Bounds(range: -2...2)),
            FieldOf("seed", \.sampling.seed, Bounds(range: -0x1p63...0x1p63)), FieldOf("user", \.sampling.user, note: "changes nothing"),
        ]
    }
}

struct CompletionBody: SamplingBody {
    static let name = "CompletionRequest"
    var prompt = JSON.null
    var sampling = SamplingFields()
    var echoes = false
    static let usualTokens = 16
    static let fields =
        samplingFields + [
            FieldOf<CompletionBody>("prompt", \.prompt, isRequired: true, note: "a text, or a list of one"),
            FieldOf(
                "max_tokens", \.sampling.maxTokens, .whole(LanguageServingLimits.prompt), unit: "tokens", note: "16 where it is left out; a byte is a token"),
            FieldOf("echo", \.echoes, note: "the prompt stands before the text"),
        ]
}

struct ChatBody: SamplingBody {
    static let name = "ChatCompletionRequest"
    var messages: [ChatMessage] = []
    var sampling = SamplingFields()
    var maxCompletionTokens: Int?
    static let fields =
        samplingFields + [
            FieldOf<ChatBody>("messages", \.messages, isRequired: true, Bounds(count: 1...LanguageServingLimits.messages)),
            FieldOf("max_tokens", \.sampling.maxTokens, .whole(LanguageServingLimits.prompt), unit: "tokens", note: "the older name of max_completion_tokens"),
            FieldOf(
                "max_completion_tokens", \.maxCompletionTokens, .whole(LanguageServingLimits.prompt), unit: "tokens",
                note: "256, or what the context has room for, where it is left out; a byte is a token"),
        ]
}

struct ChatMessage: DescribedRequest {
    enum Role: String, ChoiceValue { case system, developer, user, assistant }
    static let name = "ChatCompletionMessage"
    var role = Role.user
    var content = JSON.null
    static let fields = [
        FieldOf<ChatMessage>("role", \.role, isRequired: true),
        FieldOf("content", \.content, isRequired: true, note: "a text, or a list of parts of type text"),
    ]
}

struct Usage: Described {
    static let name = "Usage"
    let reply: LanguageReply
    private var prompt: Int? { reply.promptTokens }
    private var completion: Int? { reply.completionTokens }
    private var total: Int? { reply.totalTokens }
    static let fields = [
        FieldOf<Usage>("prompt_tokens", \.prompt, .counted, "bytes, or the tokens of another server"),
        FieldOf("completion_tokens", \.completion, .counted, "the same; null: it did not say"),
        FieldOf("total_tokens", \.total, .counted),
    ]
}

/// What is one for both kinds of replies.
struct Made: Sendable {
    var id: String
    var created: Int64
    var model: String
    /// Of the model's file, or what there is instead of one.
    var fingerprint: String
}

struct CompletionChoice: Described {
    static let name = "CompletionChoice"
    var text: String
    var finish: String?
    private var index: Int { 0 }
    private var logprobs: JSON? { nil }
    static let fields = [
        FieldOf<CompletionChoice>("text", \.text, .rule("the model")), FieldOf("index", \.index, .fixed),
        FieldOf("logprobs", \.logprobs, .fixed, "they are not given"), FieldOf("finish_reason", \.finish, .rule("how the text ended"), "stop or length"),
    ]
}

struct CompletionView: Described {
    static let name = "Completion"
    var made: Made
    var choices: [CompletionChoice]
    var reply: LanguageReply?
    private var object: String { "text_completion" }
    private var usage: Usage? { reply.map { Usage(reply: $0) } }
    static let fields = [
        FieldOf<CompletionView>("id", \.made.id, .generated), FieldOf("object", \.object, .fixed), FieldOf("created", \.made.created, .clock, unit: "s"),
        FieldOf("model", \.made.model, .rule("what ran")), FieldOf("system_fingerprint", \.made.fingerprint, .rule("the model's file")),
        FieldOf("choices", \.choices, .rule("the model")), FieldOf("usage", \.usage, .counted).only { $0.reply != nil },
    ]
}

struct ChatAnswer: Described {
    static let name = "ChatCompletionAnswer"
    var content: String
    private var role: String { "assistant" }
    private var refusal: String? { nil }
    static let fields = [
        FieldOf<ChatAnswer>("role", \.role, .fixed), FieldOf("content", \.content, .rule("the model")),
        FieldOf("refusal", \.refusal, .fixed, "nothing is refused"),
    ]
}

struct ChatChoice: Described {
    static let name = "ChatCompletionChoice"
    var message: ChatAnswer
    var finish: String
    private var index: Int { 0 }
    private var logprobs: JSON? { nil }
    static let fields = [
        FieldOf<ChatChoice>("index", \.index, .fixed), FieldOf("message", \.message, .rule("the model")),
        FieldOf("logprobs", \.logprobs, .fixed, "they are not given"), FieldOf("finish_reason", \.finish, .rule("how the text ended"), "stop or length"),
    ]
}

struct ChatView: Described {
    static let name = "ChatCompletion"
    var made: Made
    var reply: LanguageReply
    private var object: String { "chat.completion" }
    private var choices: [ChatChoice] { [ChatChoice(message: ChatAnswer(content: reply.text), finish: reply.finish.rawValue)] }
    private var usage: Usage { Usage(reply: reply) }
    private var template: String { reply.model.template }
    private var backend: String { reply.model.backend }
    static let fields = [
        FieldOf<ChatView>("id", \.made.id, .generated), FieldOf("object", \.object, .fixed), FieldOf("created", \.made.created, .clock, unit: "s"),
        FieldOf("model", \.made.model, .rule("what ran")), FieldOf("system_fingerprint", \.made.fingerprint, .rule("the model's file")),
        FieldOf("choices", \.choices, .rule("the model")), FieldOf("usage", \.usage, .counted),
        FieldOf("chat_template", \.template, .stored, "plain: a line for each message, and a model that was not trained to hold a conversation; upstream"),
        FieldOf("backend", \.backend, .stored, "embedded, or the other server"),
    ]
}

struct ModelView: Described {
    static let name = "Model"
    let facts: LanguageModelFacts
    let now: Int64
    private var id: String { facts.id }
    private var object: String { "model" }
    private var owner: String { facts.backend == "embedded" ? "tutti" : facts.backend }
    private var context: Int? { facts.contextTokens }
    static let fields = [
        FieldOf<ModelView>("id", \.id, .stored), FieldOf("object", \.object, .fixed),
        FieldOf("created", \.now, .clock, unit: "s", "when this was asked: a model's own time is not known here"), FieldOf("owned_by", \.owner, .stored),
        FieldOf("max_model_len", \.context, .stored, "bytes, or another server's tokens, of prompt and continuation together; null: it does not say"),
    ]
}

struct ModelsView: Described {
    static let name = "ModelList"
    var data: [ModelView]
    private var object: String { "list" }
    static let fields = [FieldOf<ModelsView>("object", \.object, .fixed), FieldOf("data", \.data, .stored)]
}
