import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

/// Tenants and windows of counted calls, in every store.
@Suite struct TenantContractTests {
    private func tenant(_ id: String, domain: String? = nil) -> TenantRecord {
        TenantRecord(id: id, name: id, domain: domain, performanceTier: .premium, createdAt: now)
    }

    private func created(_ id: String) -> AuditRecord { AuditRecord(at: now, action: .tenantCreated, actor: "admin", subject: id) }

    @Test(arguments: StoreKind.allCases)
    func aTenantIsAddedWithItsAuditEntryOrNotAtAll(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let first = try await store.addTenant(tenant("a", domain: "a.example"), audit: created("a"), most: 3)
            #expect(first == .added)
            #expect(try await store.addTenant(tenant("a"), audit: created("a"), most: 3) == .idTaken)
            #expect(try await store.addTenant(tenant("b", domain: "a.example"), audit: created("b"), most: 3) == .domainTaken)
            #expect(try await store.addTenant(tenant("b"), audit: created("b"), most: 3) == .added)
            #expect(try await store.addTenant(tenant("c"), audit: created("c"), most: 2) == .tooMany)
            #expect(try await store.tenants(after: "", limit: 9) == [tenant("a", domain: "a.example"), tenant("b")])
            #expect(try await store.tenants(after: "a", limit: 9).map(\.id) == ["b"])
            #expect(try await store.tenants(after: "", limit: 1).map(\.id) == ["a"])
            #expect(try await store.tenant("c") == nil)
            #expect(try await store.audit(tenant: "a", after: 0, limit: 9).map(\.entry) == [created("a")])
            #expect(try await store.audit(tenant: "b", after: 0, limit: 9).map(\.entry) == [created("b")])
            #expect(try await store.audit(tenant: "c", after: 0, limit: 9).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofManyThatWantADomainOneGetsIt(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let outcomes = await withTaskGroup(of: TenantAddition?.self) { group in
                for i in 0..<20 {
                    group.addTask { try? await store.addTenant(tenant("t\(i)", domain: "one.example"), audit: created("t\(i)"), most: 100) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .added } == 1 && outcomes.count { $0 == .domainTaken } == 19)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func changesFollowOneAnother(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            _ = try await store.addTenant(tenant("a"), audit: created("a"), most: 9)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        _ = try await store.changeTenant("a") { record, _ -> Result<(record: TenantRecord, audit: AuditRecord)?, NoChange> in
                            var record = record
                            record.quantumAllocation = (record.quantumAllocation ?? 0) + 1
                            return .success((record, AuditRecord(at: now, action: .tenantUpdated, actor: "x", subject: "a")))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.tenant("a")?.quantumAllocation == 50)
            #expect(try await store.audit(tenant: "a", after: 0, limit: 99).count == 51)
            let none = try await store.changeTenant("b") { _, _ -> Result<(record: TenantRecord, audit: AuditRecord)?, NoChange> in .success(nil) }
            #expect(none == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anErasedTenantBeginsNoSessionAndFreesItsDomain(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            _ = try await store.addTenant(tenant("a", domain: "a.example"), audit: created("a"), most: 1)
            try await store.create(session("s", tenant: "a"))
            func erase() async throws -> Int {
                var seen = -1
                let result = try await store.changeTenant("a") { record, running -> Result<(record: TenantRecord, audit: AuditRecord)?, NoChange> in
                    guard running == 0 else { return .failure(NoChange(running: running)) }
                    var stone = record
                    (stone.domain, stone.erasedAt) = (nil, now)
                    return .success((stone, AuditRecord(at: now, action: .tenantErased, actor: "x", subject: "a")))
                }
                if case .failure(let refused)? = result { seen = refused.running }
                return seen
            }
            #expect(try await erase() == 1)
            var over = session("s", tenant: "a")
            over.status = .completed
            try await store.apply([.session(over)], session: "s", tenant: "a")
            #expect(try await erase() == -1)
            await #expect(throws: StorageError.missing("tenant a")) { try await store.create(session("t", tenant: "a")) }
            #expect(try await store.addTenant(tenant("b", domain: "a.example"), audit: created("b"), most: 1) == .added)
            #expect(try await store.session("s", tenant: "a")?.status == .completed, "what was done stays")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func windowsAreTakenAwayAndPutInOneTransaction(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            func window(_ principal: String, _ used: Int, family: String = "v1") -> QuotaWindowRecord {
                QuotaWindowRecord(key: QuotaWindowKey(tenant: "t", principal: principal, family: family), openedAt: now, used: used)
            }
            try await store.storeQuotaWindows([window("b", 1), window("a", 2), window("a", 3, family: "v4")], removing: [window("z", 0).key])
            #expect(try await store.quotaWindows() == [window("a", 2), window("a", 3, family: "v4"), window("b", 1)])
            // Taken away first, so that one which was dropped and opened again is there.
            try await store.storeQuotaWindows([window("a", 9)], removing: [window("a", 0).key, window("b", 0).key])
            #expect(try await store.quotaWindows() == [window("a", 9), window("a", 3, family: "v4")])
        }
    }

    @Test func windowsAndTenantsOutliveTheProcess() async throws {
        try await withFolder { folder in
            let key = QuotaWindowKey(tenant: "t", principal: "p", family: "v2")
            do {
                let store = try SQLiteStore(folder: folder, suite: .system)
                _ = try await store.addTenant(tenant("t", domain: "t.example"), audit: created("t"), most: 9)
                try await store.storeQuotaWindows([QuotaWindowRecord(key: key, openedAt: now, used: 41)], removing: [])
                await store.close()
            }
            let store = try SQLiteStore(folder: folder, suite: .system, creates: false)
            #expect(try await store.tenant("t") == tenant("t", domain: "t.example"))
            #expect(try await store.quotaWindows() == [QuotaWindowRecord(key: key, openedAt: now, used: 41)])
            #expect(try await store.verify(folder: folder, suite: .system).counts["tenant"] == 1)
            await store.close()
        }
    }
}
