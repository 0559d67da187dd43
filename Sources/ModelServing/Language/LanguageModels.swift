internal import ByteLanguage
internal import Compute
internal import Foundation
package import Platform
internal import Synchronization
package import Trust

/// The language models that answer: those of a source, and one that is embedded. Texts are generated on threads of their own.
package final class LanguageModels: Sendable {
    /// Counts of what this repository says of itself: what there is where no model was trained. It is no more than that, and says so.
    package static let embeddedID = "ngram-byte-5"

    struct State {
        var waiting = 0
        var hasEmbedded = false
        var lastSeconds: Double?
        /// By SHA-256, the last used last.
        var loaded: [(sha256: String, model: ByteTransformer)] = []
    }
    let state = Mutex(State())
    let source: (any ModelSource)?
    let upstreams: Upstreams?
    let pool: ComputePool
    private let prices: PriceTable
    private let usual: String
    private let random: RandomSource

    /// - Parameters:
    ///   - source: nil: there is the embedded model and no other.
    ///   - upstreams: servers of others; nil: none.
    ///   - usual: the id of the model that runs where none is named.
    package init(
        source: (any ModelSource)? = nil, upstreams: Upstreams? = nil, prices: PriceTable = .unpriced, usual: String = LanguageModels.embeddedID,
        threads: Int = 1, random: RandomSource = .system
    ) {
        self.upstreams = upstreams
        (self.source, self.prices, self.usual, self.random) = (source, prices, usual, random)
        pool = ComputePool(threads: threads, name: "language")
    }

    /// How long the last text took, without waiting; nil before the first.
    package var lastSeconds: Double? { state.withLock { $0.lastSeconds } }

    /// Gives back the models that lie in memory; who is generating keeps its own until it is done.
    package func forget() { state.withLock { $0.loaded = [] } }

    /// Models that lie in memory.
    package var loadedCount: Int { state.withLock { $0.loaded.count + ($0.hasEmbedded ? 1 : 0) } }
    /// Texts that are generated or wait for it.
    package var waitingCount: Int { state.withLock { $0.waiting } }

    /// Made once, at first use; the embedded text is never empty.
    static let embedded = Result { () throws(ByteLanguageError) in try NGramModel(training: Array(DocumentationText.text.utf8)) }

    func price(_ id: String) -> Decimal? {
        var one = Usage()
        one.add(.tokens(model: id), 1)
        return prices.cost(of: one)
    }

    func cost(_ id: String, tokens: Int) -> Decimal? {
        var usage = Usage()
        usage.add(.tokens(model: id), Decimal(tokens))
        return prices.cost(of: usage)
    }

    /// A text that can be generated: its model is in memory, and everything that was asked for can be had.
    package struct Prepared: Sendable {
        package let model: LanguageModelFacts
        /// Where another one ran than was asked for.
        package let replaced: String?
        let work: Work
    }

    enum Work: Sendable {
        case here(any ByteModel, prompt: [UInt8], SamplingOptions)
        case upstream(Upstream, id: String, TextCall)
    }

    /// - Throws: `notLoaded`, `invalid` or `unusable`, before anything is generated.
    package func prepare(_ request: LanguageRequest, tenant: String) async throws(LanguageFailure) -> Prepared {
        if let prepared = try await preparedUpstream(request, id: request.model ?? usual) { return prepared }
        let (facts, model, replaced) = try await model(request.model ?? usual, tenant: tenant, isLenient: request.isLenient)
        var stop = request.stop.map { Array($0.utf8) }
        let (prompt, field): ([UInt8], String)
        switch request.prompt {
        case .text(let text): (prompt, field) = (Array(text.utf8), "prompt")
        case .conversation(let messages):
            (prompt, field) = (Array(PlainTemplate.text(messages).utf8), "messages")
            stop.append(PlainTemplate.stop)
        }
        let room = model.contextBytes - prompt.count
        guard room >= 1 else {
            throw .invalid(
                field: field,
                issue: "is \(prompt.count) bytes long; the context of \(facts.id) is \(model.contextBytes) bytes with the reply, and a byte is a token")
        }
        // It is told, and a reader of JSON may keep no more than 53 bits of it (RFC 8259 §6).
        let seed = request.seed ?? random.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } >> 11
        let options = SamplingOptions(
            maxBytes: request.maxTokens ?? min(LanguageServingLimits.usualTokens, room), temperature: request.temperature, topP: request.topP,
            frequencyPenalty: request.frequencyPenalty, presencePenalty: request.presencePenalty, seed: seed, stop: stop)
        do { _ = try TextGeneration(model, prompt: prompt, options) } catch {
            guard case .setting(let name, let issue) = error else { throw .internalError(cause: error.description) }
            throw .invalid(field: name, issue: issue)
        }
        return Prepared(model: facts, replaced: replaced, work: .here(model, prompt: prompt, options))
    }

    /// - Parameter piece: gets what is certain of the text as it comes, in order and never empty, on the thread that generates.
    ///   nil: nobody waits for pieces.
    /// - Throws: `busy`, `tooSlow`, `upstream` or `cancelled`; what was given out before has then no end.
    package func generate(_ prepared: Prepared, piece: (@Sendable ([UInt8]) -> Void)? = nil) async throws(LanguageFailure) -> LanguageReply {
        switch prepared.work {
        case .here(let model, let prompt, let options): try await generate(prepared.model, model, prompt, options, piece ?? { _ in })
        case .upstream(let upstream, let id, let question): try await generate(prepared.model, upstream, id, question, piece)
        }
    }

    private func generate(
        _ facts: LanguageModelFacts, _ model: any ByteModel, _ prompt: [UInt8], _ options: SamplingOptions, _ piece: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(LanguageFailure) -> LanguageReply {
        try enter()
        defer { state.withLock { $0.waiting -= 1 } }
        let isCancelled = Flag()
        let made = await withTaskCancellationHandler {
            await pool.run { Self.text(model, prompt, options, isCancelled, piece) }
        } onCancel: {
            isCancelled.set()
        }
        let (text, generation, seconds) = try made.get()
        state.withLock { $0.lastSeconds = seconds }
        guard let finish = generation.finish else { throw .internalError(cause: "a text has no end") }
        return LanguageReply(
            model: facts, text: String(decoding: text, as: UTF8.self), finish: finish == .stop ? .stop : .length, promptTokens: prompt.count,
            completionTokens: generation.sampledBytes, seed: options.seed, seconds: seconds,
            cost: cost(facts.id, tokens: prompt.count + generation.sampledBytes))
    }

    private typealias Made = Result<(text: [UInt8], generation: TextGeneration, seconds: Double), LanguageFailure>

    private static func text(
        _ model: any ByteModel, _ prompt: [UInt8], _ options: SamplingOptions, _ isCancelled: Flag, _ piece: ([UInt8]) -> Void
    ) -> Made {
        let start = ContinuousClock.now
        var text: [UInt8] = []
        do throws(ByteLanguageError) {
            var generation = try TextGeneration(model, prompt: prompt, options)
            while generation.finish == nil {
                if isCancelled.isSet { return .failure(.cancelled) }
                guard start.duration(to: .now) < .seconds(LanguageServingLimits.seconds) else {
                    return .failure(.tooSlow(seconds: LanguageServingLimits.seconds))
                }
                let more = generation.step()
                if !more.isEmpty { piece(more) }
                text += more
            }
            return .success((text, generation, start.duration(to: .now) / .seconds(1)))
        } catch { return .failure(.internalError(cause: error.description)) }
    }

    func enter() throws(LanguageFailure) {
        let isFree = state.withLock { state in
            guard state.waiting < LanguageServingLimits.waiting else { return false }
            state.waiting += 1
            return true
        }
        guard isFree else { throw .busy(limit: LanguageServingLimits.waiting) }
    }
}

/// Whether who asked has gone.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
