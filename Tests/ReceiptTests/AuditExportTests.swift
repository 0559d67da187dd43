import CryptoSuite
import Foundation
import MerkleLog
import Receipts
import StrictJSON
import Testing
import Trust

/// A log of one tenant, and files of it as a coordinator gives them.
struct AuditSample {
    let authority: CertificateAuthority
    var entries: [JSON]
    var tenant = "default"

    init(_ count: Int, authority: CertificateAuthority? = nil) throws {
        self.authority = try authority ?? CertificateAuthority(commonName: "Tutti coordinator CA", now: noon - 400 * day, lifetime: 3650 * day)
        entries = (0..<count).map(Self.entry)
    }

    static func entry(_ index: Int) -> JSON { entry(index, actor: "node-\(index)") }

    static func entry(_ index: Int, actor: String, tenant: String = "default") -> JSON {
        [
            "action": "node.enrolled", "actor": .string(actor), "at": "1970-01-01T00:00:01.001Z", "details": [:], "format": "tutti.audit/1",
            "index": JSON(index), "security_level": "info", "subject": .string(actor), "tenant": .string(tenant),
        ]
    }

    static func hash(_ entry: JSON) throws -> [UInt8] { MerkleHasher(.system).leaf(try entry.canonical()) }

    func head(_ count: Int? = nil) throws -> TreeHead {
        var frontier = MerkleFrontier()
        for entry in entries.prefix(count ?? entries.count) { _ = frontier.append(leafHash: try Self.hash(entry), MerkleHasher(.system)) }
        return frontier.head(MerkleHasher(.system))
    }

    func signed(_ head: TreeHead? = nil, at seconds: Double = 0) throws -> SignedTreeHead {
        let signer = try authority.documentSigner(try DocumentSubject(auditOf: tenant), now: noon + seconds)
        return try SignedTreeHead(tenant: tenant, try head ?? self.head(), signedAt: noonMilliseconds + Int64(seconds * 1000), by: signer)
    }

    /// - Parameter head: nil: of all entries.
    func lines(_ head: SignedTreeHead? = nil) throws -> [[UInt8]] {
        try entries.map { try AuditExport.line(entry: $0, leafHash: hexadecimal(Self.hash($0))) }
            + [AuditExport.line(signedHead: try (head ?? signed()).text)]
    }

    func read(_ lines: [[UInt8]]) throws -> AuditExport {
        var reader = AuditExportReader(anchor: .pin(try AuthorityPin(authority.pin)))
        for line in lines { reader.absorb(line) }
        return reader.finish()
    }
}

@Suite struct AuditExportTests {
    @Test(arguments: [0, 1, 2, 7, 8, 100])
    func whatWasExportedIsSound(_ count: Int) throws {
        let sample = try AuditSample(count)
        let export = try sample.read(sample.lines())
        #expect(export.findings.isEmpty && export.leafHashes.count == count && export.head?.head.size == Int64(count))
        #expect(export.head?.tenant == "default" && export.head?.authority == sample.authority.pin && export.head?.timestamp.hasSuffix(".123Z") == true)
    }

    /// Each is named, with the entry.
    @Test func whatWasDoneToAFileIsNamed() throws {
        let sample = try AuditSample(10)
        let whole = try sample.lines()
        func findings(_ change: (inout [[UInt8]]) throws -> Void) throws -> [AuditFinding] {
            var lines = whole
            try change(&lines)
            return try sample.read(lines).findings
        }
        func edited(_ line: [UInt8], _ from: String, _ to: String) -> [UInt8] { Array(String(decoding: line, as: UTF8.self).replacing(from, with: to).utf8) }
        #expect(try findings { $0[3] = edited($0[3], "node-3", "node-x") } == [.edited(3)])
        #expect(try findings { $0.remove(at: 3) } == [.removed(first: 3, last: 3)])
        #expect(try findings { $0.removeSubrange(2..<5) } == [.removed(first: 2, last: 4)])
        #expect(try findings { $0.removeSubrange(8..<10) } == [.removed(first: 8, last: 9)])
        #expect(try findings { $0.swapAt(2, 6) }.allSatisfy { if case .reordered = $0 { true } else { false } })
        #expect(try findings { $0.swapAt(2, 3) } == [.reordered(2)])
        #expect(try findings { $0.insert($0[3], at: 4) } == [.added(3)])
        #expect(try findings { $0.removeLast() } == [.noHead])
        #expect(try findings { $0 = Array($0[..<4]) } == [.noHead])
        #expect(try findings { $0.append($0[0]) } == [.malformed(line: 12, problem: "it stands behind the signed head")])
        #expect(
            try findings { $0[3] = [0x20] + $0[3] } == [
                .malformed(line: 4, problem: "it is no JSON in canonical form (RFC 8785)"), .removed(first: 3, last: 3),
            ])
        let other = AuditSample.entry(3, actor: "node-x")
        let line = try AuditExport.line(entry: other, leafHash: hexadecimal(AuditSample.hash(other)))
        #expect(try findings { $0[3] = line } == [.edited(nil)], "with its hash")
        let eleventh = try AuditExport.line(entry: AuditSample.entry(10), leafHash: hexadecimal(AuditSample.hash(AuditSample.entry(10))))
        #expect(try findings { $0.insert(eleventh, at: 10) } == [.added(10)], "more than were signed")
        let foreign = AuditSample.entry(3, actor: "node-3", tenant: "other")
        #expect(
            try findings { $0[3] = try AuditExport.line(entry: foreign, leafHash: hexadecimal(AuditSample.hash(foreign))) } == [.otherTenant(3), .edited(nil)])
    }

    @Test func onlyTheTrustedAuthoritysHeadsCount() throws {
        let (sample, other) = (try AuditSample(5), try AuditSample(5))
        let stranger = try sample.read(try sample.lines(try other.signed()))
        #expect(stranger.head == nil && stranger.findings.map(\.code) == ["signer_not_trusted"])
        let receipt = try sample.authority.documentSigner(try DocumentSubject(tenant: "default", session: "s"), now: noon)
        let asReceipt = try SignedTreeHead(tenant: "default", try sample.head(), signedAt: noonMilliseconds, by: receipt)
        #expect(try sample.read(sample.lines(asReceipt)).findings.map(\.code) == ["signer_not_trusted"], "a receipt's signer signs no heads")
        let others = try sample.authority.documentSigner(try DocumentSubject(auditOf: "other"), now: noon)
        let ofOther = try SignedTreeHead(tenant: "default", try sample.head(), signedAt: noonMilliseconds, by: others)
        #expect(try sample.read(sample.lines(ofOther)).findings.map(\.code) == ["signer_not_trusted"], "one for another tenant")
        var tenants = sample
        tenants.tenant = "other"
        #expect(try sample.read(sample.lines(tenants.signed())).findings == [.otherTenant(0)])
        #expect(try sample.read([AuditExport.line(signedHead: "a.b")]).findings.map(\.code) == ["head_malformed"])
        let text = Array(try sample.signed().text.utf8)
        for at in stride(from: 0, to: text.count, by: 11) {
            var changed = text
            changed[at] ^= 1
            #expect(throws: SignedDocumentProblem.self) { try SignedTreeHead(reading: changed, anchor: .pin(try AuthorityPin(sample.authority.pin))) }
        }
    }

    // MARK: Against what was kept

    @Test func anAuditThatGrewIsItsOldHeads() throws {
        let sample = try AuditSample(30)
        let now = try sample.read(try sample.lines())
        for count in 0...30 {
            let old = try sample.signed(try sample.head(count), at: -60)
            #expect(AuditHistory.findings(from: AuditEvidence(head: old), to: now).isEmpty)
            var proof = try #require(MerkleProof.consistency(from: Int64(count), to: 30))
            while let index = proof.wanted { proof.absorb(leafHash: try AuditSample.hash(sample.entries[Int(index)]), MerkleHasher(.system)) }
            let hashes = try #require(proof.hashes(MerkleHasher(.system)))
            #expect(AuditHistory.findings(from: old, to: try sample.signed(), proof: hashes).isEmpty)
            if count > 0, count < 30 {
                #expect(AuditHistory.findings(from: old, to: try sample.signed(), proof: []) == [.forked(older: Int64(count), newer: 30)])
            }
        }
    }

    /// The operator rewrites the log and signs it anew: nothing in it is wrong but that it was another one before.
    @Test func aLogThatWasSignedAnewIsNamed() throws {
        let sample = try AuditSample(10)
        let old = try sample.read(try sample.lines(try sample.signed(nil, at: -60)))
        let kept = try #require(AuditEvidence(old))
        let headAlone = AuditEvidence(head: kept.head)
        func findings(_ change: (inout [JSON]) -> Void, _ evidence: AuditEvidence? = nil) throws -> [AuditFinding] {
            var other = sample
            change(&other.entries)
            let export = try other.read(try other.lines())
            #expect(export.findings.isEmpty, "it holds together")
            return AuditHistory.findings(from: evidence ?? kept, to: export)
        }
        func renumbered(_ actors: [Int]) -> [JSON] { actors.enumerated().map { AuditSample.entry($0.offset, actor: "node-\($0.element)") } }
        #expect(try findings { $0[3] = AuditSample.entry(3, actor: "x") } == [.forked(older: 10, newer: 10), .rewritten(3)])
        #expect(try findings({ $0[3] = AuditSample.entry(3, actor: "x") }, headAlone) == [.forked(older: 10, newer: 10)])
        #expect(try findings { $0.removeLast(3) } == [.truncated(older: 10, newer: 7)])
        #expect(try findings { $0 = renumbered([0, 1, 2, 4, 5, 6, 7, 8, 9]) } == [.truncated(older: 10, newer: 9)], "one left out, the others moved up")
        #expect(try findings { $0 = renumbered([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]) } == [.forked(older: 10, newer: 11), .rewritten(3)])
        #expect(try findings { $0 = renumbered([0, 1, 3, 2, 4, 5, 6, 7, 8, 9, 10]) } == [.forked(older: 10, newer: 11), .rewritten(2)])
        #expect(try findings { $0 = renumbered(Array(0..<12)) }.isEmpty)
        #expect(try findings { $0 = [] } == [.truncated(older: 10, newer: 0)])
    }

    @Test func whatCannotBeComparedIsNotCompared() throws {
        let sample = try AuditSample(10)
        let later = try sample.signed(nil, at: 60)
        var shorter = sample
        shorter.entries.removeLast(2)
        #expect(AuditHistory.findings(from: AuditEvidence(head: later), to: try shorter.read(try shorter.lines())) == [.notOlder])
        var other = sample
        other.tenant = "other"
        let foreign = AuditEvidence(head: try other.signed(nil, at: -60))
        #expect(AuditHistory.findings(from: foreign, to: try sample.read(try sample.lines())) == [.otherAudit(older: "other", newer: "default")])
        // A file that was changed is no proof against who signed.
        var lines = try sample.lines()
        lines.remove(at: 3)
        let cut = try sample.read(lines)
        #expect(AuditHistory.findings(from: AuditEvidence(head: try sample.signed(try sample.head(5), at: -60)), to: cut).isEmpty && !cut.findings.isEmpty)
    }

    @Test func noiseTrapsNothing() throws {
        let sample = try AuditSample(2)
        let lines: [String] = [
            "", "{}", "[]", "null", "{\"signed_head\":7}", "{\"entry\":{},\"leaf_hash\":\"\"}",
            "{\"entry\":{\"index\":-1,\"tenant\":\"a\"},\"leaf_hash\":\"\"}",
            "{\"entry\":{\"index\":9007199254740991,\"tenant\":\"default\"},\"leaf_hash\":\"x\"}",
            "{\"entry\":{\"index\":1e300,\"tenant\":\"a\"},\"leaf_hash\":\"\"}",
            String(repeating: "[", count: 100_000), "\u{0}", "{\"entry\":{\"index\":0,\"tenant\":\"default\"},\"leaf_hash\":\"\"}",
        ]
        let export = try sample.read(lines.map { Array($0.utf8) } + (try sample.lines()) + [[0xFF, 0xFE]])
        #expect(export.findings.count > 8 && export.findings.allSatisfy { !$0.description.isEmpty && !$0.code.isEmpty })
        let many = try sample.read((0..<300).map { _ in [] } + (try sample.lines()))
        #expect(many.findings.count == 100)
        #expect(try sample.read([]).findings == [.noHead])
    }
}

@Suite struct LineSplitterTests {
    @Test(arguments: [1, 2, 3, 7, 100])
    func partsOfAnySizeAreTheSameLines(_ size: Int) {
        let text = Array("first\n\nthird line\nlast".utf8)
        var splitter = LineSplitter()
        var lines: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            lines += splitter.absorb(Array(text[start..<min(start + size, text.count)])).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(lines == ["first", "", "third line"] && splitter.finish() == Array("last".utf8) && splitter.finish() == nil)
    }

    @Test func aLineThatIsTooLongIsCutAndSeen() {
        var splitter = LineSplitter(bytesMax: 10)
        var lines: [[UInt8]] = []
        for _ in 0..<5 { lines += splitter.absorb([UInt8](repeating: 7, count: 9)) }
        lines += splitter.absorb([0x0A, 8, 0x0A])
        #expect(lines == [[UInt8](repeating: 7, count: 11), [8]])
    }
}
