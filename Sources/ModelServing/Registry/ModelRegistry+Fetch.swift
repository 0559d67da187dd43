internal import Compute
internal import CryptoSuite
internal import Federation
internal import Foundation
internal import Logging
internal import Platform
internal import Storage
internal import StrictJSON

// How a model's file comes here.
extension ModelRegistry {
    private enum Taken {
        case ready(digest: String, bytes: [UInt8], ScanReport)
        case refused(String, ScanReport?)
    }

    /// One try.
    /// - Returns: the record afterwards.
    func fetch(_ record: ModelRecord) async throws(RegistryFailure) -> ModelRecord {
        let key = "\(record.tenant)/\(record.id)"
        guard await busy.begin(key) else { return record }
        let result: Result<ModelRecord, RegistryFailure>
        do throws(RegistryFailure) { result = .success(try await fetched(record)) } catch { result = .failure(error) }
        await busy.end(key)
        return try result.get()
    }

    private func fetched(_ record: ModelRecord) async throws(RegistryFailure) -> ModelRecord {
        let content: ContentSources.Fetched
        do throws(StorageError) { content = try await sources.fetch(record.source, tenant: record.tenant, bytesMax: settings.bytesMax) } catch {
            throw .storage(error)
        }
        switch content {
        case .later(let why):
            let attempts = record.attempts + 1
            guard attempts < RegistryLimits.attempts else { return try await refuse(record, why, nil) }
            let at = now().adding(seconds: RegistryLimits.retrySeconds * pow(4, Double(attempts - 1)))
            return try await change(record) { current in
                var next = current
                (next.attempts, next.retryAt, next.reason) = (attempts, at, why)
                return (next, nil)
            }
        case .refused(let why): return try await refuse(record, why, nil)
        case .bytes(let bytes):
            switch await pool.run({ [suite] in Self.taken(bytes, record, suite) }) {
            case .refused(let why, let report): return try await refuse(record, why, report)
            case .ready(let digest, let bytes, let report): return try await keep(record, digest, bytes, report)
            }
        }
    }

    private static func taken(_ bytes: [UInt8], _ record: ModelRecord, _ suite: CryptoSuite) -> Taken {
        guard !bytes.isEmpty else { return .refused("the file is empty", nil) }
        let digest = suite.sha256(bytes)
        let name = hexadecimal(digest)
        if let expected = record.expectedSHA256, expected != name { return .refused("the file has the SHA-256 \(name), and \(expected) was said", nil) }
        if let signature = record.signature, !signature.isValid(of: digest) { return .refused("the signature is not one of this file by that key", nil) }
        let report = ModelScan.report(bytes)
        if let problem = report.problem { return .refused(problem, report) }
        return .ready(digest: name, bytes: bytes, report)
    }

    private func keep(_ record: ModelRecord, _ digest: String, _ bytes: [UInt8], _ report: ScanReport) async throws(RegistryFailure) -> ModelRecord {
        let at = now()
        let artifact = ArtifactRecord(
            tenant: record.tenant, name: ModelRecord.artifactName(sha256: digest), digest: digest, bytes: bytes.count, mediaType: "application/octet-stream",
            createdAt: at, expiresAt: nil)
        let stored: StoredArtifact
        do {
            stored = try await store.putArtifact(
                artifact, content: bytes, replaces: false, bytesMax: settings.tenantBytes, countMax: settings.modelsMax * 2,
                audit: AuditRecord(at: at, action: .artifactStored, by: AuditActor(record.createdBy), of: artifact.name, details: ["sha256": digest]))
        } catch { throw .storage(error) }
        switch stored {
        case .stored, .again: break
        case .conflict: return try await refuse(record, "another file is kept under the name of its digest", report)
        case .tooMuch: return try await refuse(record, "the tenant may keep \(settings.tenantBytes) bytes; delete models that are not needed", report)
        }
        let scan = report.encoded
        let entry = AuditRecord(
            at: at, action: .modelReady, by: AuditActor(record.createdBy), of: record.id,
            details: ["sha256": digest, "bytes": "\(bytes.count)", "format": report.format.rawValue])
        return try await change(record) { current in
            var next = current
            (next.status, next.reason, next.kind, next.format) = (.ready, nil, report.kind.rawValue, report.format.rawValue)
            (next.sha256, next.bytes, next.scan, next.endedAt, next.retryAt) = (digest, bytes.count, scan, at, nil)
            // What follows a question mark may be a credential, and nobody needs it any more.
            next.source = ModelLocation.shown(current.source)
            return (next, entry)
        }
    }

    private func refuse(_ record: ModelRecord, _ why: String, _ report: ScanReport?) async throws(RegistryFailure) -> ModelRecord {
        let at = now()
        let entry = AuditRecord(
            at: at, action: .modelFailed, by: AuditActor(record.createdBy), of: record.id, details: ["reason": why.clipped(256)], level: .warning)
        log.notice("a model's file is not taken", metadata: ["tenant": "\(record.tenant)", "subject": "\(record.id)", "reason": "\(why)"])
        return try await change(record) { current in
            var next = current
            (next.status, next.reason, next.endedAt, next.retryAt) = (.failed, why, at, nil)
            next.kind = report?.kind.rawValue
            next.scan = report?.encoded
            next.source = ModelLocation.shown(current.source)
            return (next, entry)
        }
    }

    /// One that somebody has deleted meanwhile stays as it is.
    private func change(
        _ record: ModelRecord, _ body: @escaping @Sendable (ModelRecord) -> (record: ModelRecord, audit: AuditRecord?)?
    ) async throws(RegistryFailure) -> ModelRecord {
        do {
            return try await store.changeModel(record.id, tenant: record.tenant) { $0.status == .pending ? body($0) : nil } ?? record
        } catch { throw .storage(error) }
    }
}

extension ScanReport {
    var encoded: [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(self)).map { [UInt8]($0) }
    }

    package init?(decoding bytes: [UInt8]?) {
        guard let bytes, let report = try? JSONDecoder().decode(ScanReport.self, from: Data(bytes)) else { return nil }
        self = report
    }
}
