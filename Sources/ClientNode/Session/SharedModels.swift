package import Learning

/// The models that the nodes of one process work with: each is fetched once and decoded once, however many nodes take part
/// in its session. Nobody keeps more than the two newest of a session; a node that is not selected keeps none.
package actor SharedModels {
    /// By session, the newest last.
    private var kept: [String: [(digest: String, model: Model)]] = [:]
    /// Fetches under way; whoever asks for the same model waits for the first.
    private var fetches: [String: Task<Result<Model, any Error>, Never>] = [:]
    /// Nodes that take part.
    private var members: [String: Int] = [:]

    private struct Model: Sendable {
        var bytes: Int
        var file: ModelFile

        func allowed(by policy: ClientPolicy) throws(ClientNodeError) -> ModelFile {
            guard bytes <= policy.maximumModelBytes else { throw policy.tooLarge() }
            return file
        }
    }

    package init() {}

    package func enter(_ session: String) { members[session, default: 0] += 1 }

    package func leave(_ session: String) {
        members[session, default: 1] -= 1
        if members[session] == 0 { (members[session], kept[session]) = (nil, nil) }
    }

    package func model(_ session: String, digest: String) -> ModelFile? {
        kept[session]?.first { $0.digest == digest }?.model.file
    }

    /// The model of that digest: kept, under way, or fetched now.
    /// - Parameter fetch: gives bytes that have that digest. It is another node's where one was before; a failure is told to
    ///   all who wait, and each tries again in its own time.
    /// - Throws: what `fetch` throws; `.policy` when this node's policy takes no model so large.
    package func model(
        _ session: String, digest: String, policy: ClientPolicy, fetch: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> ModelFile {
        if let known = kept[session]?.first(where: { $0.digest == digest }) { return try known.model.allowed(by: policy) }
        let key = session + "/" + digest
        let others = fetches[key]
        let fetching = others ?? Task { await Self.load(fetch) }
        fetches[key] = fetching
        let result = await fetching.value
        fetches[key] = nil
        if others != nil, case .failure(let error as ClientNodeError) = result, error.kind == .policy {
            // What another node's policy forbids this one's may allow.
            return try await self.model(session, digest: digest, policy: policy, fetch: fetch)
        }
        let model = try result.get()
        keep(session, digest, model)
        return try model.allowed(by: policy)
    }

    private static func load(_ fetch: @Sendable () async throws -> [UInt8]) async -> Result<Model, any Error> {
        do {
            let bytes = try await fetch()
            return .success(Model(bytes: bytes.count, file: try ModelFile(decoding: bytes)))
        } catch { return .failure(error) }
    }

    private func keep(_ session: String, _ digest: String, _ model: Model) {
        guard members[session] != nil, kept[session]?.contains(where: { $0.digest == digest }) != true else { return }
        kept[session, default: []].append((digest, model))
        if kept[session, default: []].count > Limits.modelsKept { kept[session]?.removeFirst() }
    }
}
