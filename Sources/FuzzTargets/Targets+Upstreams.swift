internal import Inference
internal import ModelServing

extension FuzzTarget {
    static let upstream = FuzzTarget(
        "upstream", feeds: "replies of other people's model servers: texts, events, lists, tensors", maximumBytes: 4096, share: 0.5,
        words: [
            "data: ", "data: [DONE]\n\n", "\r\n\r\n", "choices", "delta", "content", "finish_reason", "usage", "prompt_tokens", "model_name", "outputs",
            "shape",
            "datatype", "FP32", "INT64", "BYTES", "binary_data_size", "null", "NaN", "1e999", "9223372036854775807", "max_model_len",
        ],
        seeds: {
            [
                Seed("text", #"{"choices":[{"text":" upon","finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#),
                Seed("chat", #"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#),
                Seed(
                    "events",
                    "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
                Seed("list", #"{"data":[{"id":"llama","max_model_len":8192}]}"#),
                Seed("metadata", #"{"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[]}"#),
                Seed("tensors", #"{"model_name":"m","outputs":[{"name":"y","shape":[2,1],"datatype":"INT64","data":[0,2]}]}"#),
            ]
        },
        check: { bytes in
            for isChat in [false, true] {
                do { _ = try TextAnswer(parsing: bytes, isChat: isChat) } catch let error as UpstreamReplyError { try expectShort(error, atMost: 512) }
                let whole = streamed(bytes, isChat: isChat, piece: max(1, bytes.count))
                try expect(whole == streamed(bytes, isChat: isChat, piece: 1), "a stream says something else in other pieces")
            }
            do { _ = try ListedTextModels(parsing: bytes) } catch let error as UpstreamReplyError { try expectShort(error, atMost: 512) }
            do { _ = try InferenceMetadata(parsing: bytes, model: "m") } catch let error as UpstreamReplyError { try expectShort(error, atMost: 512) }
            do { try tensors(try InferenceReply(parsing: bytes, model: "m"), of: bytes.count) } catch let error as UpstreamReplyError {
                try expectShort(error, atMost: 512)
            }
        })

    /// nil: it is no text.
    private static func streamed(_ bytes: [UInt8], isChat: Bool, piece: Int) -> TextAnswer? {
        do throws(UpstreamReplyError) {
            var stream = TextStream(isChat: isChat)
            for start in stride(from: 0, to: bytes.count, by: piece) { _ = try stream.add(bytes[start..<min(bytes.count, start + piece)]) }
            return try stream.end()
        } catch { return nil }
    }

    private static func tensors(_ reply: InferenceReply, of bytes: Int) throws {
        try expect(reply.outputs.reduce(0) { $0 + $1.tensor.count } <= bytes, "more values than the reply has bytes")
        let again = try InferenceReply(
            parsing: Array(#"{"model_name":"m","outputs":"#.utf8) + written(reply.outputs) + Array("}".utf8), model: "m")
        try expect(again == reply, "tensors that are written are read as others")
        // Whatever they are, what is made of them is bounded and no trap.
        for output in reply.outputs {
            _ = try? ClassOutput(tensor: output.name, isLogits: true, labels: []).probabilities(reply.outputs)
            let input = PictureInput(tensor: "x", width: 10, height: 10)
            let outputs = ObjectOutputs(boxes: output.name, scores: output.name, classes: output.name)
            _ = try? outputs.objects(reply.outputs, picture: (640, 480), input: input)
        }
    }

    /// The list of inputs of a question is written as that of an answer's outputs.
    private static func written(_ tensors: [NamedTensor]) -> [UInt8] {
        Array(InferenceCalls.infer("m", version: nil, tensors).body.dropFirst(#"{"inputs":"#.utf8.count).dropLast())
    }
}
