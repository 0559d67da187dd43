import CryptoSuite
import Federation
import FederationService
import Foundation
import MerkleLog
import Receipts
import Storage
import StrictJSON
import Testing
import Trust

/// From what a coordinator did to what somebody else can verify.
@Suite struct AuditServiceTests {
    private func enrol(_ service: Service, _ names: [String]) async throws {
        let tokens = try await service.engine.createEnrolmentTokens(tenant: tenant, names: names, lifetimeSeconds: 3600)
        for token in tokens {
            let request = try NodeKey().certificateRequestPEM(commonName: token.node)
            _ = try await service.engine.enrol(token: token.token, certificateRequestPEM: request, by: "node")
        }
    }

    /// As `audit export` writes it and `audit verify` reads it.
    private func export(_ service: Service) async throws -> AuditExport {
        let head = try await service.engine.auditHead(tenant: tenant)
        var reader = AuditExportReader(anchor: .pin(try AuthorityPin(try authority.get().pin)))
        var next: Int64 = 0
        while next < head.size {
            let page = try await service.engine.auditEntries(tenant: tenant, after: next, limit: Int(min(3, head.size - next)))
            for entry in page.entries { reader.absorb(try AuditExport.line(entry: entry.entry, leafHash: entry.hash)) }
            next += Int64(page.entries.count)
        }
        reader.absorb(AuditExport.line(signedHead: head.signed))
        return reader.finish()
    }

    @Test func whatWasDoneIsVerifiedWithoutTheCoordinator() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let empty = try await export(service)
            #expect(empty.findings.isEmpty && empty.head?.size == 0)
            try await enrol(service, ["a", "b", "c", "d"])
            let first = try await export(service)
            #expect(first.findings.isEmpty && first.head?.size == 4 && first.leafHashes.count == 4)
            // After a restart it goes on where it was.
            await service.stop()
            service = try await Service(folder)
            try await service.engine.revokeNode(tenant: tenant, name: "b")
            let second = try await export(service)
            #expect(second.findings.isEmpty && second.head?.size == 5 && second.head?.tenant == tenant)
            for older in [empty, first] {
                let evidence = try #require(AuditEvidence(older))
                #expect(AuditHistory.findings(from: evidence, to: second).isEmpty)
                let newer = try #require(second.head)
                let told = try await service.engine.auditConsistency(tenant: tenant, from: evidence.head.size, to: nil)
                let proof = told.hashes.compactMap { bytes(hexadecimal: $0) }
                #expect(told.to == 5 && AuditHistory.findings(from: evidence.head, to: newer, proof: proof).isEmpty)
            }
            let other = try await service.engine.auditHead(tenant: "other")
            #expect(other.size == 0 && other.tenant == "other", "each tenant has its own")
            await service.stop()
        }
    }

    @Test func whatNoLogHasIsRefusedByName() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            try await enrol(service, ["a", "b"])
            for (from, to, field) in [(0, 3, "to"), (3, nil, "from"), (2, 1, "from"), (-1, 1, "from")] as [(Int64, Int64?, String)] {
                await #expect("it names the field") {
                    _ = try await service.engine.auditConsistency(tenant: tenant, from: from, to: to)
                } throws: {
                    if case .unprocessable(field, _, _)? = $0 as? FederationFailure { true } else { false }
                }
            }
            #expect(try await service.engine.auditEntries(tenant: tenant, after: .max, limit: 10).entries.isEmpty)
            await service.stop()
        }
    }

    /// Somebody rewrites the log in the folder, trees and seals with it: the head that was kept shows it.
    @Test func aStoreThatWasReplacedIsAnotherHistory() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            try await enrol(service, ["a", "b", "c"])
            let kept = try await export(service)
            await service.stop()
            let other = folder + "/other"
            try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
            let replaced = try await Service(other)
            try await enrol(replaced, ["a", "c", "d", "e"])
            let now = try await export(replaced)
            #expect(now.findings.isEmpty)
            let codes = AuditHistory.findings(from: try #require(AuditEvidence(kept)), to: now).map(\.code)
            #expect(codes == ["forked", "rewritten"])
            await replaced.stop()
        }
    }
}
