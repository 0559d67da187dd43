internal import StrictJSON

/// How a text came to its end.
package enum TextFinish: String, Sendable, CaseIterable {
    /// A stop sequence was reached, or the model ended the text.
    case stop
    /// As many tokens as were asked for, or as the context holds.
    case length
    /// The server kept the rest back.
    case filtered = "content_filter"
}

/// A text that an OpenAI-compatible server is asked for.
package struct TextCall: Sendable, Equatable {
    package enum Prompt: Sendable, Equatable {
        case text(String)
        case conversation([PlainTemplate.Message])
    }
    /// The server's own name of it.
    package var model: String
    package var prompt: Prompt
    package var maxTokens: Int
    package var temperature: Double
    package var topP: Double
    package var frequencyPenalty: Double
    package var presencePenalty: Double
    package var seed: UInt64?
    package var stop: [String]
    package var streams: Bool

    package init(
        model: String, _ prompt: Prompt, maxTokens: Int, temperature: Double = 0.7, topP: Double = 1, frequencyPenalty: Double = 0,
        presencePenalty: Double = 0, seed: UInt64? = nil, stop: [String] = [], streams: Bool = false
    ) {
        (self.model, self.prompt, self.maxTokens, self.temperature, self.topP) = (model, prompt, maxTokens, temperature, topP)
        (self.frequencyPenalty, self.presencePenalty, self.seed, self.stop, self.streams) = (frequencyPenalty, presencePenalty, seed, stop, streams)
    }

    package var isChat: Bool { if case .conversation = prompt { true } else { false } }

    /// Fields at their defaults are left out: some servers refuse what they do not know.
    package var request: UpstreamRequest {
        var members: [JSON.Member] = [.init("model", .string(model))]
        switch prompt {
        case .text(let text): members.append(.init("prompt", .string(text)))
        case .conversation(let messages):
            members.append(.init("messages", .array(messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })))
        }
        members += [.init("max_tokens", .integer(Int64(maxTokens))), .init("temperature", JSON(temperature))]
        if topP != 1 { members.append(.init("top_p", JSON(topP))) }
        if frequencyPenalty != 0 { members.append(.init("frequency_penalty", JSON(frequencyPenalty))) }
        if presencePenalty != 0 { members.append(.init("presence_penalty", JSON(presencePenalty))) }
        if let seed { members.append(.init("seed", .integer(Int64(clamping: seed)))) }
        if !stop.isEmpty { members.append(.init("stop", .array(stop.map { .string($0) }))) }
        members.append(.init("stream", .bool(streams)))
        if streams { members.append(.init("stream_options", ["include_usage": true])) }
        return UpstreamRequest("POST", isChat ? "/v1/chat/completions" : "/v1/completions", body: JSON.object(members).encoded())
    }
}

/// A text, whole, with what its server counted.
package struct TextAnswer: Sendable, Equatable {
    package var text: String
    package var finish: TextFinish
    /// In the server's tokens; nil: it did not say.
    package var promptTokens: Int?
    package var completionTokens: Int?

    package init(text: String, finish: TextFinish, promptTokens: Int? = nil, completionTokens: Int? = nil) {
        (self.text, self.finish, self.promptTokens, self.completionTokens) = (text, finish, promptTokens, completionTokens)
    }

    /// The one choice of a reply that does not stream.
    package init(parsing bytes: [UInt8], isChat: Bool) throws(UpstreamReplyError) {
        let json = try upstreamJSON(bytes)
        let choice = try Self.choice(json)
        guard let choice else { throw UpstreamReplyError("it has no choice") }
        let found = isChat ? choice["message"]?["content"] : choice["text"]
        guard let text = found?.text else { throw UpstreamReplyError("its choice has no text") }
        guard let finish = try Self.finish(choice) else { throw UpstreamReplyError("its choice has no finish_reason") }
        (self.text, self.finish) = (text, finish)
        (promptTokens, completionTokens) = try Self.usage(json)
    }

    static func choice(_ json: JSON) throws(UpstreamReplyError) -> JSON? {
        guard json.members != nil, let choices = json["choices"]?.elements else { throw UpstreamReplyError("it is no object with choices") }
        guard choices.count <= 1 else { throw UpstreamReplyError("it has \(choices.count) choices, and one was asked for") }
        guard let choice = choices.first else { return nil }
        guard choice.members != nil else { throw UpstreamReplyError("its choice is no object") }
        return choice
    }

    static func finish(_ choice: JSON) throws(UpstreamReplyError) -> TextFinish? {
        guard let value = choice["finish_reason"], value != .null else { return nil }
        switch value.text {
        // Those behind the first are other servers' words for it.
        case "stop", "eos", "eos_token", "stop_sequence", "end_turn": return .stop
        case "length", "max_tokens": return .length
        case "content_filter": return .filtered
        default: throw UpstreamReplyError("its finish_reason is none that a text has")
        }
    }

    static func usage(_ json: JSON) throws(UpstreamReplyError) -> (prompt: Int?, completion: Int?) {
        guard let usage = json["usage"], usage != .null else { return (nil, nil) }
        func count(_ name: String) throws(UpstreamReplyError) -> Int? {
            guard let value = usage[name], value != .null else { return nil }
            guard let number = value.whole, (0...UpstreamLimits.tokens).contains(number) else { throw UpstreamReplyError("its usage.\(name) is no count") }
            return Int(number)
        }
        guard usage.members != nil else { throw UpstreamReplyError("its usage is no object") }
        return (try count("prompt_tokens"), try count("completion_tokens"))
    }
}

/// A text that comes in events. Bytes go in as they come; pieces of text come out.
package struct TextStream: Sendable {
    private let isChat: Bool
    private var events = EventStream()
    private var text = ""
    private var finish: TextFinish?
    private var counts: (prompt: Int?, completion: Int?) = (nil, nil)
    /// `[DONE]` was seen: what comes behind it is nobody's.
    private var isDone = false

    package init(isChat: Bool) { self.isChat = isChat }

    /// - Returns: what is new of the text, none of it empty.
    package mutating func add(_ bytes: some Sequence<UInt8>) throws(UpstreamReplyError) -> [String] {
        var pieces: [String] = []
        for event in try events.add(bytes) {
            guard !isDone else { throw UpstreamReplyError("it goes on behind its end") }
            if event.elementsEqual("[DONE]".utf8) {
                isDone = true
                continue
            }
            if let piece = try take(try upstreamJSON(event)), !piece.isEmpty {
                text += piece
                pieces.append(piece)
            }
        }
        return pieces
    }

    private mutating func take(_ json: JSON) throws(UpstreamReplyError) -> String? {
        // Its text is not for our callers.
        if let error = json["error"], error != .null { throw UpstreamReplyError("it ended with an error") }
        let choice = try TextAnswer.choice(json)
        let usage = try TextAnswer.usage(json)
        if usage.prompt != nil || usage.completion != nil { counts = usage }
        guard let choice else { return nil }
        if isChat, let delta = choice["delta"], delta != .null, delta.members == nil { throw UpstreamReplyError("its delta is no object") }
        let found = isChat ? choice["delta"]?["content"] : choice["text"]
        let reason = try TextAnswer.finish(choice)
        guard let found, found != .null else {
            finish = reason ?? finish
            return nil
        }
        guard let piece = found.text else { throw UpstreamReplyError("its choice has something else than a text") }
        guard finish == nil || piece.isEmpty else { throw UpstreamReplyError("its text goes on behind its end") }
        finish = reason ?? finish
        return piece
    }

    /// The whole, when no more bytes come. A text without its end is none.
    package func end() throws(UpstreamReplyError) -> TextAnswer {
        guard let finish else { throw UpstreamReplyError("it broke off before the text's end") }
        return TextAnswer(text: text, finish: finish, promptTokens: counts.prompt, completionTokens: counts.completion)
    }
}

/// What `/v1/models` lists.
package struct ListedTextModels: Sendable, Equatable {
    package static let request = UpstreamRequest("GET", "/v1/models")
    /// By the server's names; the context in its tokens where it says it (`max_model_len` of vLLM, `meta.n_ctx_train` of llama.cpp).
    package private(set) var contexts: [String: Int?] = [:]

    package init(parsing bytes: [UInt8]) throws(UpstreamReplyError) {
        guard let list = try upstreamJSON(bytes)["data"]?.elements else { throw UpstreamReplyError("it is no object with a list of data") }
        guard list.count <= UpstreamLimits.listed else { throw UpstreamReplyError("it lists more than \(UpstreamLimits.listed) models") }
        for model in list {
            guard let id = model["id"]?.text, (1...UpstreamLimits.nameBytes).contains(id.utf8.count) else {
                throw UpstreamReplyError("a model of its list has no id")
            }
            let context = model["max_model_len"]?.whole ?? model["meta"]?["n_ctx_train"]?.whole
            contexts[id] = .some(context.flatMap { (1...UpstreamLimits.tokens).contains($0) ? Int($0) : nil })
        }
    }
}

/// A reply as JSON, strictly: bounded depth, no name twice, no number that is not finite, valid UTF-8.
func upstreamJSON(_ bytes: [UInt8]) throws(UpstreamReplyError) -> JSON {
    do throws(JSONError) { return try JSON(parsing: bytes, maximumDepth: UpstreamLimits.depth) } catch {
        throw UpstreamReplyError("it is no valid JSON at line \(error.line), column \(error.column)")
    }
}
