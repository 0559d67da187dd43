internal import CryptoSuite
internal import Federation
internal import Learning
internal import Logging
internal import Receipts
package import Storage
internal import StrictJSON
internal import Trust

// What a session has made goes among the tenant's models. As with its receipt, nothing ends over it: what could not be registered now
// is registered at the next start.
extension SessionHost {
    /// After the end, once: the same session again changes nothing.
    func leaveModel() async {
        guard let store = around.models, machine.session.isWorthRegistering, let given = machine.given, given.round > 0 else { return }
        do {
            let card = try await card(round: given.round)
            let receipt = try await receipt()
            let session = machine.session
            let facts: [JSON.Member] = [
                .init("rounds", JSON(given.round)), .init("epsilon", JSON(try await epsilon(ofRound: given.round))), .init("clients", JSON(card.clients)),
                .init("contributors", JSON(card.contributors)),
                .init("model_sha256", .string(given.digest)),
                .init("configuration_sha256", JSON(session.receiptConfiguration.canonicalDigest)), .init("roster_sha256", JSON(receipt.roster.canonicalDigest)),
                .init("receipt_sha256", JSON(session.receipt)), .init("status", .string(session.status.rawValue)),
            ]
            let content = JSON.object((card.json.members ?? []) + [.init("federation", .object(facts))])
            var names = [ModelRecord.federatedID(session, card.schema, digest: given.digest)]
            // Two sessions may make the same model: the later one gets a name of its own.
            names.append("\(names[0])-\(session.id.suffix(8))")
            for name in names {
                var record = ModelRecord(
                    id: name, tenant: tenant, name: name, version: "1", framework: "safetensors", source: "session:\(id)", expectedSHA256: given.digest,
                    createdAt: around.now(), createdBy: "coordinator")
                (record.status, record.kind, record.place) = (.ready, "safetensors", .blob)
                // The names of `ModelServing`'s formats.
                record.format = card.model.transformer == nil ? "safetensors" : "byte_language"
                (record.sha256, record.bytes, record.card, record.session) = (given.digest, card.bytes, content.encoded(), id)
                record.endedAt = record.createdAt
                let entry = AuditRecord(
                    at: record.createdAt, action: .modelRegistered, by: "coordinator", of: name, details: ["session": id, "sha256": given.digest])
                switch try await store.addModel(record, audit: entry, most: Limits.modelsPerTenant) {
                case .added:
                    around.log.info("a model is registered", metadata: ["session": "\(id)", "model": "\(name)"])
                    return
                case .again(let other), .conflict(let other): if other.session == id { return }
                case .tooMany(let count):
                    around.log.warning("the session's model is not registered: there are \(count)", metadata: ["session": "\(id)"])
                    return
                }
            }
        } catch {
            around.log.warning("the session's model is registered at the next start", metadata: ["session": "\(id)", "cause": "\(error)"])
        }
    }

    private func epsilon(ofRound round: Int) async throws -> Double? {
        try await around.sessions.rounds(id, tenant: tenant, after: round - 1, limit: 50).first { $0.round == round && $0.state == .committed }?.outcome?
            .epsilon
    }
}

extension SessionRecord {
    /// It ended with what it has, of its own or by somebody's will.
    fileprivate var isWorthRegistering: Bool { status == .completed || status == .stopped }
}

extension ModelRecord {
    /// `fed-digits-1a2b3c4d`: rows of 64 values and ten classes are the digits of 8x8; `fed-text-1a2b3c4d`: text; otherwise the session has a part in it.
    fileprivate static func federatedID(_ session: SessionRecord, _ schema: DataSchema, digest: String) -> String {
        let isDigits = schema.task == .classification && schema.inputs == 64 && schema.outputs == 10
        if schema.task == .language { return "fed-text-\(digest.prefix(8))" }
        let name = isDigits ? "digits" : String(session.id.split(separator: "-").last?.prefix(8) ?? "session")
        return "fed-\(name)-\(digest.prefix(8))"
    }
}

extension JSON {
    /// SHA-256 of the canonical form (RFC 8785), in hexadecimal; nil: it has none.
    fileprivate var canonicalDigest: String? { (try? canonical()).map { hexadecimal(CryptoSuite.system.sha256($0)) } }
}

extension FederationEngine {
    /// Registers models of sessions that ended before their model could be registered. Gives how many sessions were looked at.
    @discardableResult
    package func registerModels() async throws(StorageError) -> Int {
        guard let store = around.models else { return 0 }
        var (after, seen) = ("", 0)
        while true {
            let page = try await store.sessionsWithoutModel(after: after, limit: Limits.registeredAtOnce)
            for session in page where session.isWorthRegistering {
                do throws(FederationFailure) {
                    // Its only host: whoever asks for the receipt meanwhile waits for the same one.
                    try await host(session.id).leaveModel()
                } catch {
                    around.log.warning("a session's model is registered at the next start", metadata: ["session": "\(session.id)", "cause": "\(error)"])
                }
            }
            seen += page.count
            guard page.count == Limits.registeredAtOnce, let last = page.last else { return seen }
            after = last.id
        }
    }
}
