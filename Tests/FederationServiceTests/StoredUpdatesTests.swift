import Federation
import FederationService
import Foundation
import Learning
import RobustAggregation
import Storage
import Testing
import Trust

@Suite struct StoredUpdatesTests {
    private func updates(_ n: Int, _ dimension: Int) -> [[Float]] {
        var generator = SeededGenerator(seed: 5)
        return (0..<n).map { _ in (0..<dimension).map { _ in Float(generator.normal()) } }
    }

    private func key(_ index: Int) -> ContributionKey {
        ContributionKey(tenant: tenant, session: "s", round: 1, attempt: 1, client: "client-\(index)")
    }

    /// Some updates lie in rows, some in files.
    private func withStored(_ updates: [[Float]], inlineBytes: Int, _ body: (SQLiteStore, String) async throws -> Void) async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(folder: folder, suite: .system, inlineBytes: inlineBytes)
            let now = Instant(milliseconds: 1)
            try await store.create(SessionRecord(id: "s", tenant: tenant, spec: SessionSpec(), createdAt: now, registrationTokenHash: []))
            for (index, values) in updates.enumerated() {
                let record = ContributionRecord(
                    client: "client-\(index)", round: 1, attempt: 1, digest: [UInt8(index)], samples: 1, maxAbs: 1, wireBytes: 1, loss: nil, accuracy: nil,
                    receivedAt: now)
                _ = try await store.storeContribution(record, body: RoundComputer.encode(delta: values), session: "s", tenant: tenant)
            }
            try await body(store, folder)
            await store.close()
        }
    }

    @Test(arguments: [0, 1 << 20]) func readFromTheStoreTheySumToTheSameBits(inlineBytes: Int) async throws {
        let (n, dimension) = (9, 10_001)
        let updates = updates(n, dimension)
        let weights = (0..<n).map { Int64($0 + 1) }
        let maxAbs = updates.map { $0.reduce(0) { max($0, abs($1)) } }
        try await withStored(updates, inlineBytes: inlineBytes) { store, _ in
            for rule in [AggregationRule.mean, .trimmedMean(trim: 2), .median] {
                let expected = try aggregate(rule, try MemoryUpdates(updates), weights: weights, maxAbs: maxAbs)
                for shape in [StoredUpdates.Shape.oneByOne, .columns(bytes: 1 << 30), .columns(bytes: 50_000), .columns(bytes: 1)] {
                    let source = StoredUpdates((0..<n).map(key), dimension: dimension, shape: shape, store: store)
                    #expect(try aggregate(rule, source, weights: weights, maxAbs: maxAbs) == expected, "\(rule), \(shape)")
                }
            }
        }
    }

    /// Memory is a matter of the model, not of how many clients there are.
    @Test func notMoreThanItsShareIsInMemory() throws {
        let dimension = 20_000
        for n in [3, 30, 300] {
            for (shape, limit) in [(StoredUpdates.Shape.oneByOne, dimension * 4), (.columns(bytes: 1 << 20), 1 << 20)] {
                let stored = StoredUpdates((0..<n).map(key), dimension: dimension, shape: shape, store: ZeroStore(bytes: dimension * 4))
                let watched = Watched(stored)
                let rule: AggregationRule = shape == .oneByOne ? .mean : .median
                _ = try aggregate(rule, watched, weights: (0..<n).map { _ in 1 }, maxAbs: (0..<n).map { _ in 1 })
                #expect(watched.largest > 0 && watched.largest <= limit, "\(n) clients, \(shape): \(watched.largest)")
            }
        }
    }

    @Test func aDamagedOrMissingUpdateIsNamed() async throws {
        try await withStored(updates(3, 500), inlineBytes: 0) { store, folder in
            for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/updates") {
                try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/updates/" + name))
            }
            for shape in [StoredUpdates.Shape.oneByOne, .columns(bytes: 1), .columns(bytes: 1 << 20)] {
                let text = problem(StoredUpdates((0..<3).map(key), dimension: 500, shape: shape, store: store))
                #expect(text.contains("client-0") && text.contains("damaged") && !text.contains(folder), "\(shape): \(text)")
            }
            #expect(problem(StoredUpdates([key(7)], dimension: 500, shape: .oneByOne, store: store)).contains("client-7"))
        }
        try await withStored(updates(1, 500), inlineBytes: 0) { store, _ in
            #expect(problem(StoredUpdates([key(0)], dimension: 501, shape: .oneByOne, store: store)).contains("501"))
        }
    }

    /// What an aggregation of these says; empty when it succeeds.
    private func problem(_ source: StoredUpdates) -> String {
        let ones = [Int64](repeating: 1, count: source.count)
        do {
            _ = try aggregate(.median, source, weights: ones, maxAbs: ones.map { Float($0) })
            return ""
        } catch { return "\(error)" }
    }
}

/// Notes the most that was held after any read.
private final class Watched: UpdateSource {
    private let source: StoredUpdates
    var largest = 0
    init(_ source: StoredUpdates) { self.source = source }
    var count: Int { source.count }
    var dimension: Int { source.dimension }
    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError) {
        try source.read(index, range, into: buffer)
        largest = max(largest, source.bytesHeld)
    }
}

private struct ZeroStore: ContributionStore {
    let bytes: Int
    func contributionBody(_ key: ContributionKey) throws(StorageError) -> [UInt8]? { [UInt8](repeating: 0, count: bytes) }
    func contributionPart(_ key: ContributionKey, _ range: Range<Int>) throws(StorageError) -> [UInt8]? { [UInt8](repeating: 0, count: range.count) }
    func storeContribution(_ record: ContributionRecord, body: [UInt8], session: String, tenant: String) async throws(StorageError) -> StoredContribution {
        .stored(record)
    }
    func contribution(_ key: ContributionKey) async throws(StorageError) -> KeptContribution? { nil }
    func discardContributions(session: String, tenant: String, throughRound: Int) async throws(StorageError) {}
}
