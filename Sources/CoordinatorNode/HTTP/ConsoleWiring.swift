import APIKit
import Console
import CryptoSuite
import Federation
import FederationService
import Logging
import Platform
import Storage
import Telemetry
import Trust

/// The console over the services of this coordinator. A service that gets pages of its own has one more section here.
/// - Parameter loginFailed: told of addresses whose sign-in was refused or throttled.
func consoleFamily(
    _ engine: FederationEngine, _ identity: Identity, _ jobs: JobQueue, _ recorder: Recorder, _ store: some IdentityStore & AuditStore, _ log: Logger,
    loginFailed: @escaping @Sendable (_ address: String) -> Void = { _ in }
) -> Family {
    let source = FederationSource(engine)
    let keys = ConsoleKeys(
        holder: { key in
            guard let id = APIKey.id(of: key), let tenant = try await identity.administratorTenant(key: key, now: .now) else { return nil }
            return (tenant, id)
        },
        isGood: { id, tenant in
            guard let record = try await store.key(id: id) else { return false }
            let isLive = record.revokedAt == nil && record.expiresAt.map { $0 > .now } ?? true
            return isLive && record.role == Identity.administrator && record.tenant == tenant
        })
    return ConsoleFamily.family(
        sections: [.sessions(source), .jobs(QueueSource(jobs)), .nodes(source), .alerts(RecorderSource(recorder))], keys: keys,
        audit: ConsoleAudit(store, home: Identity.defaultTenant), random: { RandomSource.system.bytes($0) }, hash: { CryptoSuite.system.sha256($0) },
        tell: { event in
            note(event, log)
            switch event {
            case .refused(let address), .throttled(let address): loginFailed(address)
            default: break
            }
        })
}

private func note(_ event: ConsoleEvent, _ log: Logger) {
    switch event {
    case .signedIn(let key, let address): log.notice("console: signed in", metadata: ["key": "\(key)", "address": "\(address)"])
    case .refused(let address): log.warning("console: a wrong key", metadata: ["address": "\(address)"])
    case .throttled(let address): log.debug("console: too many wrong keys", metadata: ["address": "\(address)"])
    case .signedOut(let key): log.notice("console: signed out", metadata: ["key": "\(key)"])
    case .acted(let operation, let path, let key):
        log.notice("console: done", metadata: ["operation": "\(operation)", "path": "\(path)", "key": "\(key)"])
    case .unwritten(let reason): log.error("console: the audit could not be written", metadata: ["reason": "\(reason)"])
    }
}
