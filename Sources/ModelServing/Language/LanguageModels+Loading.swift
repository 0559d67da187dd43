internal import ByteLanguage
internal import Compute
internal import StrictJSON
internal import Synchronization

extension LanguageModels {
    /// Those that can answer, the embedded one last. One that was not asked yet is read when it is.
    package func list(tenant: String) async throws(LanguageFailure) -> [LanguageModelFacts] {
        var facts: [LanguageModelFacts] = []
        for model in try await stored(tenant) {
            // Read now: what is listed can be called, and its context is known.
            do throws(LanguageFailure) { facts.append(self.facts(model, try await load(model))) } catch {
                guard case .unusable = error else { throw error }
            }
        }
        return facts + (await upstreamFacts()) + [try await embeddedFacts()]
    }

    private func stored(_ tenant: String) async throws(LanguageFailure) -> [ServableModel] {
        guard let source else { return [] }
        do { return try await source.models(tenant: tenant).filter { $0.format == .byteLanguage } } catch { throw .internalError(cause: error.description) }
    }

    private func embeddedModel() async throws(LanguageFailure) -> NGramModel {
        let made = await pool.run { Self.embedded }
        state.withLock { $0.hasEmbedded = true }
        do { return try made.get() } catch { throw .internalError(cause: error.description) }
    }

    private func embeddedFacts() async throws(LanguageFailure) -> LanguageModelFacts {
        let model = try await embeddedModel()
        return LanguageModelFacts(
            id: Self.embeddedID, name: "Byte n-gram, order 5",
            description: "Modified Kneser-Ney counts of \(model.trainedBytes) bytes of this product's own documentation. "
                + "It continues a text byte by byte; it follows no instructions and knows nothing else.",
            contextTokens: model.contextBytes, status: .available, parameters: model.parameterCount, sha256: nil, pricePerToken: price(Self.embeddedID))
    }

    private func facts(_ model: ServableModel, _ loaded: ByteTransformer) -> LanguageModelFacts {
        let about = model.card["description"]?.text
        return LanguageModelFacts(
            id: model.id, name: model.name,
            description: (about.map { $0 + " " } ?? "")
                + "A byte-level transformer of \(loaded.parameterCount) weights. It continues a text byte by byte; it was not trained to follow instructions.",
            contextTokens: loaded.contextBytes, status: .available, parameters: loaded.parameterCount, sha256: model.sha256, pricePerToken: price(model.id))
    }

    /// The model of an id, in memory.
    func model(
        _ id: String, tenant: String, isLenient: Bool
    ) async throws(LanguageFailure) -> (facts: LanguageModelFacts, model: any ByteModel, replaced: String?) {
        if id == Self.embeddedID { return (try await embeddedFacts(), try await embeddedModel(), nil) }
        let stored = try await stored(tenant)
        guard let model = stored.first(where: { $0.id == id }) else {
            guard isLenient else { throw .notLoaded(asked: id, available: stored.map(\.id) + (upstreams?.textModelIDs ?? []) + [Self.embeddedID]) }
            return (try await embeddedFacts(), try await embeddedModel(), id)
        }
        let loaded = try await load(model)
        return (facts(model, loaded), loaded, nil)
    }

    /// From memory, or from its file, whose SHA-256 the source has compared.
    private func load(_ model: ServableModel) async throws(LanguageFailure) -> ByteTransformer {
        let kept = state.withLock { state -> ByteTransformer? in
            guard let i = state.loaded.firstIndex(where: { $0.sha256 == model.sha256 }) else { return nil }
            let entry = state.loaded.remove(at: i)
            state.loaded.append(entry)
            return entry.model
        }
        if let kept { return kept }
        guard let source else { throw .notLoaded(asked: model.id, available: [Self.embeddedID]) }
        let bytes: [UInt8]
        do { bytes = try await source.bytes(of: model) } catch {
            switch error {
            case .notFound, .notReady, .refused, .stopped, .damaged, .unsupported: throw .unusable(error.description)
            case .internalError(let cause): throw .internalError(cause: cause)
            }
        }
        let loaded: ByteTransformer
        do { loaded = try await pool.run(throwing: { () throws(ByteLanguageError) in try ByteTransformer(reading: bytes) }) } catch {
            throw .unusable("The model '\(model.id)' cannot be used: \(error.description)")
        }
        state.withLock { state in
            state.loaded.removeAll { $0.sha256 == model.sha256 }
            state.loaded.append((model.sha256, loaded))
            if state.loaded.count > LanguageServingLimits.loaded { state.loaded.removeFirst() }
        }
        return loaded
    }
}
