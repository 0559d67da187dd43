internal import Compute
internal import CryptoSuite
internal import Storage
internal import StrictJSON

/// Models of the registry that may be loaded. Their bytes are hashed at every load.
package struct RegistryModelSource: ModelSource {
    private static let page = 500
    private let registry: ModelRegistry

    package init(_ registry: ModelRegistry) { self.registry = registry }

    package func models(tenant: String) async throws(ModelFailure) -> [ServableModel] {
        var (found, after): ([ServableModel], String) = ([], "")
        while true {
            let page: [ModelRecord]
            do throws(RegistryFailure) { page = try await registry.list(tenant: tenant, after: after, limit: Self.page) } catch { throw failure(error) }
            found += page.filter { $0.status == .ready }.compactMap(\.servable)
            guard page.count == Self.page, let last = page.last else { return found }
            after = last.id
        }
    }

    package func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel {
        let record: ModelRecord
        do throws(RegistryFailure) { record = try await registry.find(id, tenant: tenant) } catch { throw failure(error) }
        switch record.status {
        case .pending: throw .notReady(id: id, why: record.reason.map { "its file is being fetched (\($0))" } ?? "its file is being fetched")
        case .failed: throw .refused(id: id, why: record.reason ?? "its file was not taken")
        // What is deployed goes on.
        case .ready, .archived: break
        }
        guard let model = record.servable else { throw .notReady(id: id, why: "its file is not here") }
        return model
    }

    package func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8] {
        let record: ModelRecord
        do throws(RegistryFailure) { record = try await registry.find(model.id, tenant: model.tenant) } catch { throw failure(error) }
        let bytes: [UInt8]?
        do { bytes = try await registry.file(of: record) } catch {
            if error.isDamage { throw .damaged(id: model.id) }
            throw .internalError(cause: "\(error)")
        }
        guard let bytes else { throw .damaged(id: model.id) }
        let (suite, expected) = (registry.suite, model.sha256)
        guard await registry.pool.run({ hexadecimal(suite.sha256(bytes)) == expected }) else { throw .damaged(id: model.id) }
        return bytes
    }

    private func failure(_ error: RegistryFailure) -> ModelFailure {
        if case .notFound = error { return .notFound(error.id) }
        return .internalError(cause: "\(error)")
    }
}

extension RegistryFailure {
    fileprivate var id: String { if case .notFound(let what) = self { String(what.drop { $0 != " " }.dropFirst()) } else { "" } }
}

extension ModelRecord {
    /// nil: its bytes are not here.
    package var servable: ServableModel? {
        guard let sha256, let bytes, let format = format.flatMap(ModelFormat.init) else { return nil }
        return ServableModel(
            id: id, tenant: tenant, name: name, version: version, format: format, sha256: sha256, bytes: bytes,
            card: card.flatMap { try? JSON(parsing: $0) } ?? .object([]))
    }
}
