package import StrictJSON

extension LanguageModels {
    /// A text as server-sent events (WHATWG HTML, section 9.2): one for each part, one for the end, and `[DONE]`, as OpenAI's servers send
    /// them. Who reads no further ends the generation.
    ///
    /// - Parameters:
    ///   - first: events before it begins.
    ///   - part: the event of a part of the text.
    ///   - end: the events behind the last part.
    ///   - failed: the event of a generation that came to no end.
    package func events(
        _ prepared: Prepared, first: [JSON] = [], part: @escaping @Sendable (String) -> JSON, end: @escaping @Sendable (LanguageReply) -> [JSON],
        failed: @escaping @Sendable (LanguageFailure) -> JSON
    ) -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        for event in first { continuation.yield(Self.event(event)) }
        let task = Task {
            do throws(LanguageFailure) {
                let reply = try await generate(prepared) { continuation.yield(Self.event(part(String(decoding: $0, as: UTF8.self)))) }
                for event in end(reply) { continuation.yield(Self.event(event)) }
                continuation.yield(Array("data: [DONE]\n\n".utf8))
            } catch { continuation.yield(Self.event(failed(error))) }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    /// JSON has no line break outside of its strings, and none in them.
    private static func event(_ json: JSON) -> [UInt8] { Array("data: ".utf8) + json.encoded() + [10, 10] }
}
