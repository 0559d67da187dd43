import ModelServing
import StrictJSON
import Testing

/// What OpenAI-compatible servers are asked, and what of their answers is believed.
@Suite struct TextProtocolTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func aQuestionIsWrittenAsItsServersReadIt() throws {
        let question = TextCall(model: "llama", .text("Once"), maxTokens: 5, temperature: 0)
        #expect(question.request.method == "POST" && question.request.path == "/v1/completions")
        let plain = try JSON(parsing: question.request.body)
        #expect(plain.members?.map(\.name) == ["model", "prompt", "max_tokens", "temperature", "stream"])
        #expect(plain["model"] == "llama" && plain["prompt"] == "Once" && plain["max_tokens"] == 5 && plain["temperature"]?.double == 0)
        let chat = TextCall(
            model: "a", .conversation([.init(role: .system, content: "Be brief."), .init(role: .user, content: "\"Hi\"\n")]), maxTokens: 9, temperature: 0.5,
            topP: 0.25, frequencyPenalty: 1, presencePenalty: -1, seed: .max, stop: ["x"], streams: true)
        #expect(chat.request.path == "/v1/chat/completions")
        let sent = try JSON(parsing: chat.request.body)
        #expect(sent["messages"]?.elements?.last == ["role": "user", "content": "\"Hi\"\n"])
        #expect(sent["seed"]?.whole == .max && sent["top_p"]?.double == 0.25 && sent["presence_penalty"]?.double == -1)
        #expect(sent["stop"] == ["x"] && sent["stream_options"] == ["include_usage": true])
    }

    @Test func aWholeReplyIsRead() throws {
        let reply = """
            {"id":"cmpl-1","object":"text_completion","created":1,"model":"other","choices":[{"index":0,"text":" upon","logprobs":null,
            "finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}
            """
        #expect(try TextAnswer(parsing: bytes(reply), isChat: false) == TextAnswer(text: " upon", finish: .length, promptTokens: 3, completionTokens: 1))
        let chat = #"{"choices":[{"message":{"role":"assistant","content":"Hi","tool_calls":[]},"finish_reason":"stop"}]}"#
        #expect(try TextAnswer(parsing: bytes(chat), isChat: true) == TextAnswer(text: "Hi", finish: .stop))
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"choices":{}}"#, #"{"choices":[]}"#, #"{"choices":[1]}"#, #"{"choices":[{}]}"#,
        #"{"choices":[{"text":"a"}]}"#, #"{"choices":[{"text":"a","finish_reason":null}]}"#, #"{"choices":[{"text":"a","finish_reason":"tool_calls"}]}"#,
        #"{"choices":[{"text":7,"finish_reason":"stop"}]}"#, #"{"choices":[{"text":"a","finish_reason":"stop"},{"text":"b","finish_reason":"stop"}]}"#,
        #"{"choices":[{"text":"a","finish_reason":"stop"}],"usage":{"prompt_tokens":-1}}"#,
        #"{"choices":[{"text":"a","finish_reason":"stop"}],"usage":{"prompt_tokens":1.5}}"#,
        #"{"choices":[{"text":"a","finish_reason":"stop"}],"usage":{"completion_tokens":1e300}}"#,
        #"{"choices":[{"text":"a","finish_reason":"stop"}],"usage":7}"#, #"{"choices":[{"text":"a","text":"b","finish_reason":"stop"}]}"#,
        #"{"choices":[{"text":"a","finish_reason":"stop"}]} and more"#, #"{"choices":[{"text":"\ud800","finish_reason":"stop"}]}"#,
        #"{"choices":NaN}"#,
    ]) func whatIsNoReplyIsRefused(_ reply: String) {
        #expect(throws: UpstreamReplyError.self) { _ = try TextAnswer(parsing: Array(reply.utf8), isChat: false) }
    }

    @Test func deepRepliesAreRefused() {
        let deep = String(repeating: "[", count: 1000)
        #expect(throws: UpstreamReplyError.self) { _ = try TextAnswer(parsing: Array("{\"choices\":\(deep)".utf8), isChat: false) }
    }

    /// As vLLM and llama.cpp send them.
    private static let events = """
        : a comment\r
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\r
        \r
        event: message
        data: {"choices":[{"index":0,"delta":{"content":"Gr\\u00fc"},"finish_reason":null}]}

        data: {"choices":[{"index":0,"delta":{"content":"ße"},"finish_reason":null}]}

        data:{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}}

        data: [DONE]


        """

    @Test func aStreamSaysTheSameInPiecesOfAnyLength() throws {
        let all = Array(Self.events.utf8)
        for size in [1, 2, 3, 7, 64, all.count] {
            var stream = TextStream(isChat: true)
            var pieces: [String] = []
            for start in stride(from: 0, to: all.count, by: size) { pieces += try stream.add(all[start..<min(all.count, start + size)]) }
            #expect(pieces == ["Grü", "ße"], "in pieces of \(size)")
            #expect(try stream.end() == TextAnswer(text: "Grüße", finish: .stop, promptTokens: 4, completionTokens: 2))
        }
    }

    @Test(arguments: [
        "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":null}]}\n\n",  // it breaks off
        "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n",  // the event has no end
        "data: [DONE]\n\n", "data: {}\n\n", "data: x\n\n", "data: {\"error\":{\"message\":\"boom\"}}\n\n",
        "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\",\"finish_reason\":null}]}\n\n",
        "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\ndata: {\"choices\":[]}\n\n",
        "data: {\"choices\":[{\"text\":7,\"finish_reason\":null}]}\n\n", "<html>\n\n",
    ]) func whatIsNoStreamIsRefused(_ text: String) {
        #expect(throws: UpstreamReplyError.self) {
            var stream = TextStream(isChat: false)
            _ = try stream.add(Array(text.utf8))
            _ = try stream.end()
        }
    }

    @Test func eventsAreThoseOfTheStandard() throws {
        // The examples of WHATWG HTML, section 9.2.6.
        var stream = EventStream()
        let first = try stream.add(bytes("data: YHOO\ndata: +2\ndata: 10\n\n"))
        #expect(first == [bytes("YHOO\n+2\n10")])
        #expect(try stream.add(bytes("data\n\ndata\ndata\n\ndata:")) == [[], bytes("\n")])
        var spaces = EventStream()
        #expect(try spaces.add(bytes("\u{FEFF}data:test\n\ndata: test\r\rdata:  two\r\n\r\n")) == [bytes("test"), bytes("test"), bytes(" two")])
    }

    @Test func eventsHaveTheirLimits() {
        #expect(throws: UpstreamReplyError.self) {
            var stream = EventStream(lineBytes: 10, events: 3)
            _ = try stream.add([UInt8](repeating: 0x61, count: 11))
        }
        #expect(throws: UpstreamReplyError.self) {
            var stream = EventStream(lineBytes: 10, events: 3)
            _ = try stream.add(bytes("data:12345\ndata:12345\n"))
        }
        #expect(throws: UpstreamReplyError.self) {
            var stream = EventStream(lineBytes: 10, events: 3)
            _ = try stream.add(bytes(String(repeating: "data:1\n\n", count: 4)))
        }
    }

    @Test func listsOfModelsAreRead() throws {
        let vllm = #"{"object":"list","data":[{"id":"llama","object":"model","max_model_len":8192},{"id":"b","meta":{"n_ctx_train":2048}},{"id":"c"}]}"#
        let listed = try ListedTextModels(parsing: bytes(vllm))
        #expect(listed.contexts == ["llama": 8192, "b": 2048, "c": nil])
        for wrong in ["[]", "{}", #"{"data":[1]}"#, #"{"data":[{"id":""}]}"#, #"{"data":[{"id":"\#(String(repeating: "a", count: 257))"}]}"#] {
            #expect(throws: UpstreamReplyError.self, "\(wrong)") { _ = try ListedTextModels(parsing: bytes(wrong)) }
        }
        #expect(try ListedTextModels(parsing: bytes(#"{"data":[{"id":"a","max_model_len":-5}]}"#)).contexts == ["a": nil])
    }

    @Test func pathsHoldNothingThatEndsThem() {
        #expect("a/b?c#d e%\u{E9}..".pathPart == "a%2Fb%3Fc%23d%20e%25%C3%A9..")
    }

    @Test func failuresSayWhoFailedAndNothingOfWhatWasSaid() {
        for (status, kind) in [
            (401, UpstreamFailure.Kind.credentials), (403, .credentials), (404, .model), (400, .refused(status: 400)), (429, .overloaded), (503, .overloaded),
            (500, .failed(status: 500)), (302, .failed(status: 302)), (204, .failed(status: 204)),
        ] { #expect(UpstreamFailure("lab", status: status)?.kind == kind) }
        #expect(UpstreamFailure("lab", status: 200) == nil)
        #expect(UpstreamFailure("lab", .unreachable).description == "The upstream 'lab' cannot be reached.")
    }
}
