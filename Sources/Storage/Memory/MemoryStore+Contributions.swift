internal import CryptoSuite
package import Federation
import Synchronization

extension MemoryStore: ContributionStore {
    package func storeContribution(
        _ record: ContributionRecord, body: [UInt8], session: String, tenant: String
    ) async throws(StorageError) -> StoredContribution {
        try change { (tables) throws(StorageError) in
            _ = try tables.session(session, tenant)
            let key = MemoryKey(session, record.round, record.attempt, record.client)
            if let existing = tables.contributions[key]?.value.record {
                return existing.digest == record.digest ? .again(existing) : .conflict(existing: existing)
            }
            tables.contributions[key] = .init(tenant: tenant, value: (session, record))
            tables.bodies[key] = .init(tenant: tenant, value: (session, record.round, body))
            return .stored(record)
        }
    }

    package func contribution(_ key: ContributionKey) async throws(StorageError) -> KeptContribution? {
        tables.withLock { tables in
            guard let kept = tables.contributions[key.inMemory], same(kept.tenant, key.tenant) else { return nil }
            let round = tables.rounds[MemoryKey(key.session, key.round, key.attempt)]?.value.record
            return KeptContribution(record: kept.value.record, counts: round?.sealed?.contains(key.client) ?? true)
        }
    }

    package func contributionBody(_ key: ContributionKey) throws(StorageError) -> [UInt8]? {
        tables.withLock { tables in tables.bodies[key.inMemory].flatMap { same($0.tenant, key.tenant) ? $0.value.body : nil } }
    }

    package func contributionPart(_ key: ContributionKey, _ range: Range<Int>) throws(StorageError) -> [UInt8]? {
        guard let body = try contributionBody(key) else { return nil }
        guard range.lowerBound >= 0, range.upperBound <= body.count else {
            throw .corrupt(path: "update", problem: "it is \(body.count) bytes long; byte \(range.upperBound) is needed")
        }
        return Array(body[range])
    }

    package func discardContributions(session: String, tenant: String, throughRound: Int) async throws(StorageError) {
        tables.withLock { tables in
            tables.bodies = tables.bodies.filter {
                !(same($0.value.tenant, tenant) && same($0.value.value.session, session) && $0.value.value.round <= throughRound)
            }
        }
    }
}

extension ContributionKey {
    fileprivate var inMemory: MemoryKey { MemoryKey(session, round, attempt, client) }
}
