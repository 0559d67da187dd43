import CryptoSuite
import Federation
import Platform
import Storage
import Synchronization
import Testing
import Trust

private let subject = QuotaSubject(tenant: "t", principal: "p", family: .v4)

/// A store that refuses or holds writes as a test wants.
private final class OddStore: QuotaStore {
    private struct State {
        var refusals = 0
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        var writes = 0
    }
    private let state = Mutex(State())
    let inner = MemoryStore(suite: .system)

    func refuse(_ count: Int) { state.withLock { $0.refusals = count } }
    func hold() { state.withLock { $0.isHeld = true } }
    var writes: Int { state.withLock { $0.writes } }
    var heldCount: Int { state.withLock { $0.held.count } }
    func letGo() {
        let held = state.withLock { state in
            defer { (state.isHeld, state.held) = (false, []) }
            return state.held
        }
        for one in held { one.resume() }
    }

    func quotaWindows() async throws(StorageError) -> [QuotaWindowRecord] { try await inner.quotaWindows() }

    func storeQuotaWindows(_ windows: [QuotaWindowRecord], removing: [QuotaWindowKey]) async throws(StorageError) {
        let isRefused = state.withLock { state in
            state.writes += 1
            state.refusals -= 1
            return state.refusals >= 0
        }
        if isRefused { throw .full(path: "p") }
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.isHeld { state.held.append(continuation) }
                return !state.isHeld
            }
            if goesOn { continuation.resume() }
        }
        try await inner.storeQuotaWindows(windows, removing: removing)
    }
}

@Suite struct QuotasTests {
    @Test func fiftyAtOnceTakeFifty() async throws {
        let quotas = try await Quotas.open(store: MemoryStore(suite: .system), now: at(0))
        let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<80 { group.addTask { try quotas.take(subject, limit: 60, now: at(1)).allowed } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(allowed == 60)
        #expect(quotas.look(subject, limit: 60, now: at(2)).remaining == 0)
    }

    @Test func aRestartInTheMiddleGoesOn() async throws {
        let store = MemoryStore(suite: .system)
        let quotas = try await Quotas.open(store: store, now: at(0))
        for _ in 0..<5 { _ = try quotas.take(subject, limit: 10, now: at(100)) }
        try await quotas.write()
        // Not written any more: what a crash forgets.
        _ = try quotas.take(subject, limit: 10, now: at(101))
        let next = try await Quotas.open(store: store, now: at(200))
        let decision = try next.take(subject, limit: 10, now: at(200))
        #expect(decision.remaining == 4 && decision.resetUnixSeconds == 3700)
        let late = try await Quotas.open(store: store, now: at(3700))
        #expect(try late.take(subject, limit: 10, now: at(3700)).remaining == 9)
    }

    @Test func aFullDiskForgetsNothing() async throws {
        let store = OddStore()
        let quotas = try await Quotas.open(store: store, now: at(0))
        _ = try quotas.take(subject, limit: 10, now: at(1))
        store.refuse(2)
        for _ in 0..<2 { await #expect(throws: StorageError.full(path: "p")) { try await quotas.write() } }
        _ = try quotas.take(subject, limit: 10, now: at(2))
        try await quotas.write()
        #expect(try await store.quotaWindows().map(\.used) == [2])
    }

    /// An older count that is still on its way does not come to lie over a newer one.
    @Test func writesGoOneAfterTheOther() async throws {
        let store = OddStore()
        let quotas = try await Quotas.open(store: store, now: at(0))
        _ = try quotas.take(subject, limit: 10, now: at(1))
        store.hold()
        async let first: Void = quotas.write()
        while store.heldCount == 0 { await Task.yield() }
        _ = try quotas.take(subject, limit: 10, now: at(2))
        async let second: Void = quotas.write()
        for _ in 0..<1000 { await Task.yield() }
        #expect(store.writes == 1)
        store.letGo()
        _ = try await (first, second)
        #expect(try await store.quotaWindows().map(\.used) == [2])
    }

    @Test func itWritesByItselfAndOnceMoreAtTheEnd() async throws {
        let store = MemoryStore(suite: .system)
        let quotas = try await Quotas.open(store: store, now: at(0))
        _ = try quotas.take(subject, limit: 10, now: at(1))
        let running = Task { await quotas.run(everySeconds: 0.01) { _ in } }
        while try await store.quotaWindows().isEmpty { await Task.yield() }
        running.cancel()
        _ = try quotas.take(subject, limit: 10, now: at(2))
        await running.value
        // Cancelled before its first sleep, it writes all the same.
        _ = try quotas.take(subject, limit: 10, now: at(3))
        let last = Task { await quotas.run(everySeconds: 1000) { _ in } }
        last.cancel()
        await last.value
        #expect(try await store.quotaWindows().map(\.used) == [3])
    }

    @Test func onePrincipalTooManyIsToldToComeAgain() async throws {
        let quotas = try await Quotas.open(store: MemoryStore(suite: .system), now: at(0), windowsMax: 1)
        _ = try quotas.take(subject, limit: 1, now: at(0))
        #expect(throws: QuotaError.crowded(retryAfterSeconds: 3590)) {
            _ = try quotas.take(QuotaSubject(tenant: "t", principal: "q", family: .v4), limit: 1, now: at(10))
        }
    }

    // MARK: Operations

    private struct Broken: Error {}

    @Test func operationsOfATenantAreLimitedTogetherAndEndHoweverTheyEnd() async throws {
        let quotas = try await Quotas.open(store: MemoryStore(suite: .system), now: at(0))
        let one = try quotas.begin(tenant: "t", limit: 2)
        let answer = try await quotas.withOperation(tenant: "t", limit: 2) { () async throws -> Int in
            let refused = try await quotas.withOperation(tenant: "t", limit: 2) { () async throws -> Int in 1 }
            #expect(throws: QuotaError.concurrentOperations(limit: 2, used: 2)) { try refused.get() }
            let other = try await quotas.withOperation(tenant: "u", limit: 2) { () async throws -> Int in 2 }
            #expect(try other.get() == 2)
            return 3
        }
        #expect(try answer.get() == 3)
        await #expect(throws: Broken.self) {
            _ = try await quotas.withOperation(tenant: "t", limit: 2) { () async throws(Broken) -> Int in throw Broken() }
        }
        #expect(quotas.operationsUnderWay(tenant: "t") == 1)
        for _ in 0..<3 { quotas.end(one) }
        #expect(quotas.operationsUnderWay(tenant: "t") == 0)
        #expect(QuotaError.concurrentOperations(limit: 2, used: 2).quotaType == "concurrent_operations")
    }

    @Test func neverMoreThanTheLimitAtOnce() async throws {
        let quotas = try await Quotas.open(store: MemoryStore(suite: .system), now: at(0))
        let running = Guarded((now: 0, most: 0, done: 0))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    while true {
                        let result = await quotas.withOperation(tenant: "t", limit: 7) { () async -> Void in
                            running.withLock { state in
                                state.now += 1
                                state.most = max(state.most, state.now)
                            }
                            await Task.yield()
                            running.withLock { state in
                                state.now -= 1
                                state.done += 1
                            }
                        }
                        if case .success = result { return }
                        await Task.yield()
                    }
                }
            }
        }
        #expect(running.withLock { $0.most <= 7 && $0.done == 200 })
        #expect(quotas.operationsUnderWay(tenant: "t") == 0)
    }
}
