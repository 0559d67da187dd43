import CryptoSuite
import Federation
import Foundation
import MerkleLog
import Storage
import StrictJSON
import Testing
import Trust

let hasher = MerkleHasher(.system)

func entry(_ number: Int, _ action: AuditRecord.Action = .nodeEnrolled) -> AuditRecord {
    AuditRecord(at: Instant(milliseconds: 1000 + Int64(number)), action: action, actor: "node-\(number)", subject: "node-\(number)")
}

/// The tree of the audit, in every store.
@Suite struct AuditTests {
    /// By another hand: RFC 6962 §2.1 in Python over these bytes.
    @Test func aLeafIsTheseBytes() {
        let record = AuditRecord(
            at: Instant(milliseconds: 1_758_506_403_007), action: .updateConflict, actor: "client-01", subject: "fl-session-1",
            details: ["round": "3", "attempt": "1", "né": "\u{1F600}\n\"", "\u{FB03}": "ffi"], resourceType: "session", resourceID: "fl-session-1",
            ipAddress: "192.0.2.7", status: 409, level: .warning)
        let leaf = AuditLeaf(tenant: "default", index: 7, entry: record)
        #expect(
            String(decoding: leaf.bytes, as: UTF8.self) == #"{"action":"update.conflict","actor":"client-01","at":"2025-09-22T02:00:03.007Z","#
                + #""details":{"attempt":"1","né":"😀\n\"","round":"3","ﬃ":"ffi"},"format":"tutti.audit/1","index":7,"ip_address":"192.0.2.7","#
                + #""resource_id":"fl-session-1","resource_type":"session","security_level":"warning","status":"409","subject":"fl-session-1","tenant":"default"}"#
        )
        let first = AuditLeaf(tenant: "default", index: 0, entry: entry(1))
        #expect(
            String(decoding: first.bytes, as: UTF8.self) == #"{"action":"node.enrolled","actor":"node-1","at":"1970-01-01T00:00:01.001Z","details":{},"#
                + #""format":"tutti.audit/1","index":0,"security_level":"info","subject":"node-1","tenant":"default"}"#)
        #expect(hexadecimal(hasher.leaf(leaf.bytes)) == "f8e416efc32013113c2ca89b6435a3165fa93ce7a3af9b8030d308876e063977")
        #expect(hexadecimal(hasher.leaf(first.bytes)) == "df630195da296e4d93705d9b86a90f0072aec18a0436de33f13c63dae2003a7f")
    }

    /// Whatever names and texts there are: the bytes are the canonical form of what they say.
    @Test func leavesAreCanonical() throws {
        let texts = ["", "a", "é", "e\u{301}", "\u{0}", "\u{7F}\u{2028}", "😀", "ﬀ", "\u{E000}", "\u{FFFD}", "\"\\/\n\r\t\u{8}\u{C}"]
        for text in texts {
            var record = entry(1)
            (record.actor, record.subject) = (text, text + text)
            for name in texts { record.details[name] = text }
            let leaf = AuditLeaf(tenant: text, index: MerkleLog.Limits.sizeMax, entry: record)
            #expect(try leaf.bytes == leaf.json.canonical() && JSON(parsing: leaf.bytes) == leaf.json)
        }
    }

    @Test func everyInstantHasOneText() {
        let known: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+10000-01-01T00:00:00.000Z"), (-62_167_219_200_001, "-0001-12-31T23:59:59.999Z"),
        ]
        for (milliseconds, text) in known { #expect(AuditLeaf.text(Instant(milliseconds: milliseconds)) == text) }
        for day in stride(from: -50_000, through: 200_000, by: 37) as StrideThrough<Int64> {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 3661)
            let text = AuditLeaf.text(Instant(milliseconds: (day * 86_400 + 3661) * 1000 + 5))
            #expect(text == date.formatted(.iso8601).dropLast() + ".005Z")
        }
        for extreme in [Int64.min, .max] { #expect(AuditLeaf.text(Instant(milliseconds: extreme)).hasSuffix("Z")) }
    }

    @Test func entriesOfBeforeAreRead() throws {
        let old = #"{"action":"node.revoked","actor":"administrator","at":1000,"details":{},"subject":"a"}"#
        let at = try JSONEncoder().encode(["at": now])
        let form = try #require(String(data: at, encoding: .utf8)?.dropFirst(6).dropLast())
        let record = try JSONDecoder().decode(AuditRecord.self, from: Data(old.replacing("1000", with: form).utf8))
        #expect(record == AuditRecord(at: now, action: .nodeRevoked, actor: "administrator", subject: "a") && record.level == .info)
        // And what has nothing of the new is written as it was before.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(record), as: UTF8.self) == old.replacing("1000", with: form))
        let whole = AuditRecord(
            at: now, action: .nodeRevoked, actor: "x", subject: "a", resourceType: "node", resourceID: "a", ipAddress: "::1", status: 200, level: .critical)
        #expect(try JSONDecoder().decode(AuditRecord.self, from: encoder.encode(whole)) == whole && whole.level == .critical)
    }

    @Test(arguments: StoreKind.allCases)
    func everyEntryIsALeafOfItsTenantsTree(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            #expect(try await store.auditHead(tenant: "one") == TreeHead(size: 0, root: hasher.empty))
            var leaves: [String: [AuditLeaf]] = ["one": [], "two": []]
            for number in 0..<20 {
                let tenant = number % 3 == 0 ? "two" : "one"
                try await store.append(entry(number), tenant: tenant)
                let index = Int64(leaves[tenant]?.count ?? 0)
                leaves[tenant]?.append(AuditLeaf(tenant: tenant, index: index, entry: entry(number)))
                for tenant in ["one", "two"] {
                    let head = try await store.auditHead(tenant: tenant)
                    #expect(head == TreeHead(size: Int64(leaves[tenant]?.count ?? 0), root: root(leaves[tenant]?.map(\.bytes) ?? [])))
                }
            }
            for (tenant, own) in leaves {
                #expect(try await store.audit(tenant: tenant, after: 0, limit: 100) == own)
                #expect(try await store.audit(tenant: tenant, after: 2, limit: 3) == Array(own[2..<5]))
                #expect(try await store.audit(tenant: tenant, after: -5, limit: 1) == Array(own[..<1]))
                #expect(try await store.audit(tenant: tenant, after: .max, limit: 1).isEmpty)
                #expect(try await store.audit(tenant: tenant, after: 0, limit: -1).isEmpty)
                #expect(try await store.auditLeafHashes(tenant: tenant, from: 1, limit: 2) == own[1..<3].map { hasher.leaf($0.bytes) })
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theLogIsFilteredAndCountedNewestFirst(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            #expect(try await store.auditLog(AuditFilter(), tenant: "one") == ([], 0))
            // More than one page of a store that reads in pages, with another tenant's in between.
            let count = 1100
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    var record = entry(number, number % 3 == 0 ? .keyCreated : .nodeEnrolled)
                    if number % 5 == 0 {
                        record = AuditRecord(at: record.at, action: record.action, actor: "x", subject: "y", level: number % 2 == 0 ? .critical : .warning)
                    }
                    group.addTask { [record] in
                        try await store.append(record, tenant: "one")
                        if number % 100 == 0 { try await store.append(entry(number), tenant: "two") }
                    }
                }
                try await group.waitForAll()
            }
            let all = try await store.audit(tenant: "one", after: 0, limit: count)
            let filters = [
                AuditFilter(limit: 7), AuditFilter(offset: 510, limit: 10), AuditFilter(offset: 1095), AuditFilter(offset: 5000), AuditFilter(limit: 0),
                AuditFilter(action: .keyCreated, limit: 5), AuditFilter(action: .keyCreated, offset: 180, limit: 500), AuditFilter(action: .jobFailed),
                AuditFilter(level: .critical), AuditFilter(level: .info, offset: 870, limit: 100), AuditFilter(offset: -3, limit: -1),
                AuditFilter(from: Instant(milliseconds: 1500), to: Instant(milliseconds: 1510)), AuditFilter(to: Instant(milliseconds: 1001)),
                AuditFilter(
                    action: .keyCreated, level: .warning, from: Instant(milliseconds: 1100), to: Instant(milliseconds: 2000), offset: 2, limit: 9),
                AuditFilter(from: Instant(milliseconds: .max), to: Instant(milliseconds: .min)), AuditFilter(offset: .max, limit: .max),
            ]
            for filter in filters {
                let wanted = all.filter { leaf in
                    let (record, at) = (leaf.entry, leaf.entry.at.milliseconds)
                    if let action = filter.action, record.action != action { return false }
                    if let level = filter.level, record.level != level { return false }
                    return at >= filter.from?.milliseconds ?? .min && at < filter.to?.milliseconds ?? .max
                }
                let page = wanted.reversed().dropFirst(Int(clamping: max(0, filter.offset))).prefix(max(0, filter.limit))
                let found = try await store.auditLog(filter, tenant: "one")
                #expect(found.leaves == Array(page) && found.total == Int64(wanted.count), "\(filter)")
            }
            #expect(try await store.auditLog(AuditFilter(), tenant: "two").total == 11)
        }
    }

    /// RFC 6962 §2.1, word for word.
    private func root(_ leaves: [[UInt8]]) -> [UInt8] {
        if leaves.count < 2 { return leaves.first.map { hasher.leaf($0) } ?? hasher.empty }
        var half = 1
        while half * 2 < leaves.count { half *= 2 }
        return hasher.node(root(Array(leaves[..<half])), root(Array(leaves[half...])))
    }

    /// What a service writes comes with its entry, in one transaction.
    @Test(arguments: StoreKind.allCases)
    func whatIsDoneIsALeaf(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let later = Instant(milliseconds: 9000)
            try await store.addEnrolmentTokens([EnrolmentTokenRecord(hash: [1], tenant: "default", node: "a", expiresAt: later)])
            let node = NodeRecord(tenant: "default", name: "a", certificateFingerprint: [1], enrolledAt: now, certificateExpiresAt: later)
            #expect(try await store.enrol(tokenHash: [1], node: node, now: now) == .enrolled)
            #expect(try await store.auditHead(tenant: "default").size == 1)
            #expect(try await store.enrol(tokenHash: [1], node: node, now: now) == .alreadyUsed)
            #expect(try await store.auditHead(tenant: "default").size == 1, "nothing was done")
            #expect(try await store.revokeNode(tenant: "default", name: "a", now: now))
            #expect(try await store.auditHead(tenant: "default").size == 2)
        }
    }

    /// A session's entries stand and fall with what they tell of.
    @Test(arguments: StoreKind.allCases)
    func whatIsDoneWithASessionIsALeaf(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            func told(_ tenant: String) async throws -> [AuditRecord.Action] {
                try await store.audit(tenant: tenant, after: 0, limit: 9).map(\.entry.action)
            }
            let (record, set) = (session("s"), EvaluationSetRecord(file: "f", label: nil))
            try await store.create(record, audit: entry(0, .sessionCreated))
            await #expect(throws: StorageError.self) { try await store.create(record, audit: entry(1, .sessionCreated)) }
            try await store.setEvaluationSet(set, session: "s", tenant: "default", audit: entry(2, .sessionEvaluationSet))
            await #expect(throws: StorageError.self) {
                try await store.setEvaluationSet(set, session: "s", tenant: "other", audit: entry(3, .sessionEvaluationSet))
            }
            try await store.apply(
                [.session(record)], events: [], audit: [entry(4, .sessionStarted), entry(5, .sessionEnded)], session: "s", tenant: "default")
            await #expect(throws: StorageError.self) {
                try await store.apply([.session(record)], events: [], audit: [entry(6, .sessionEnded)], session: "s", tenant: "other")
            }
            #expect(try await told("default") == [.sessionCreated, .sessionEvaluationSet, .sessionStarted, .sessionEnded])
            #expect(try await told("other").isEmpty)
            #expect(try await store.revokeNode(tenant: "default", name: "nobody", now: now, by: "key_1") == false)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func proofsAreOfTheTree(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            var heads = [try await store.auditHead(tenant: "one")]
            for number in 0..<13 {
                try await store.append(entry(number), tenant: "one")
                try await store.append(entry(number), tenant: "two")
                heads.append(try await store.auditHead(tenant: "one"))
            }
            for to in 0...13 {
                for from in 0...to {
                    for page in [1, 3, 100] {
                        let proof = try await store.auditConsistency(tenant: "one", from: Int64(from), to: Int64(to), hasher, page: page)
                        #expect(hasher.isConsistent(heads[from], heads[to], proof: try #require(proof)), "\(from) to \(to)")
                    }
                }
                for index in 0..<to {
                    let proof = try await store.auditInclusion(tenant: "one", index: Int64(index), size: Int64(to), hasher, page: 3)
                    let leaf = hasher.leaf(AuditLeaf(tenant: "one", index: Int64(index), entry: entry(index)).bytes)
                    #expect(hasher.isIncluded(leafHash: leaf, index: Int64(index), in: heads[to], proof: try #require(proof)), "\(index) of \(to)")
                }
            }
            for (from, to) in [(3, 14), (5, 4), (-1, 3), (0, .max)] as [(Int64, Int64)] {
                #expect(try await store.auditConsistency(tenant: "one", from: from, to: to, hasher) == nil)
                #expect(try await store.auditInclusion(tenant: "one", index: to, size: to, hasher) == nil)
            }
            #expect(try await store.auditConsistency(tenant: "nobody", from: 0, to: 1, hasher) == nil)
        }
    }

    /// Many at once: each has a place of its own, and the tree is that of the order in which they are read.
    @Test(arguments: StoreKind.allCases)
    func writersTakePlacesOfTheirOwn(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<300 { group.addTask { try await store.append(entry(number), tenant: "one") } }
                try await group.waitForAll()
            }
            let all = try await store.audit(tenant: "one", after: 0, limit: 1000)
            #expect(all.map(\.index) == Array(0..<300) && Set(all.map(\.entry.actor)).count == 300)
            #expect(try await store.auditHead(tenant: "one") == TreeHead(size: 300, root: root(all.map(\.bytes))))
        }
    }
}
