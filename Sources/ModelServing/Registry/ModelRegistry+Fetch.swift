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
    private enum Fetched {
        case bytes([UInt8])
        /// It will not be otherwise at another time.
        case refused(String)
        case later(String)
    }

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
        let content: Fetched
        do throws(StorageError) { content = try await bytes(of: record) } catch { throw .storage(error) }
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

    // MARK: Sources

    private func bytes(of record: ModelRecord) async throws(StorageError) -> Fetched {
        let location: ModelLocation
        do throws(RegistryFailure) { location = try ModelLocation(record.source) } catch { return .refused("its place cannot be used any more") }
        switch location {
        case .upload(let name):
            guard let content = try await store.artifactContent(ModelLocation.uploads + name, tenant: record.tenant) else {
                return .refused("there is no uploaded file \(name)")
            }
            return content.count <= settings.bytesMax ? .bytes(content) : .refused("it has \(content.count) bytes, at most \(settings.bytesMax) are taken")
        case .file(let path):
            let (roots, most) = (ModelRoots(roots: settings.roots), settings.bytesMax)
            return await pool.run {
                do throws(ModelRoots.Refusal) { return .bytes(try roots.read(path, bytesMax: most)) } catch { return .refused(error.why) }
            }
        case .https(let url): return await download(url)
        case .objectStore: return .refused(Self.objectStoreWaits)
        }
    }

    private func download(_ url: EgressURL) async -> Fetched {
        guard let client else { return .refused("this coordinator fetches nothing from elsewhere") }
        do throws(EgressError) {
            let answer = try await client.send(
                GuardedRequest("GET", url), ExchangeLimits(seconds: RegistryLimits.fetchSeconds, bodyBytes: settings.bytesMax))
            switch answer.status {
            case 200: return .bytes(answer.body)
            case 300..<400: return .refused("the server leads elsewhere (\(answer.status)), which is not followed; give the place itself")
            case 429, 500...599: return .later("the server answered \(answer.status)")
            default: return .refused("the server answered \(answer.status)")
            }
        } catch {
            switch error {
            case .connection, .timeout, .unresolved, .answer, .tls: return .later(error.message)
            case .url, .refused: return .refused(error.message)
            case .tooLarge: return .refused("it has more than \(settings.bytesMax) bytes")
            }
        }
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
