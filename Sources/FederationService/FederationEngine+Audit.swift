internal import Compute
internal import CryptoSuite
internal import Federation
import Foundation
internal import MerkleLog
internal import Receipts
internal import Storage
internal import StrictJSON
internal import Trust

// What was done, for whoever does not take this coordinator's word for it.
extension FederationEngine {
    package func auditHead(tenant: String) async throws(FederationFailure) -> AuditHeadView {
        let head: TreeHead
        do { head = try await around.sessions.auditHead(tenant: tenant) } catch { throw failure(error) }
        let (now, authority, random) = (around.now(), authorities.current.signing, random)
        let result = await around.pool.run { () -> Result<String, any Error> in
            Result {
                let signer = try authority.documentSigner(
                    try DocumentSubject(auditOf: tenant), now: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000), random: random)
                return try SignedTreeHead(tenant: tenant, head, signedAt: now.milliseconds, by: signer).text
            }
        }
        switch result {
        case .success(let text):
            return AuditHeadView(
                tenant: tenant, size: head.size, root: hexadecimal(head.root), signedAt: now, authority: authority.pin, signed: text)
        case .failure(let error): throw .internalError("the head of the audit of \(tenant) cannot be signed: \(error)")
        }
    }

    package func auditEntries(tenant: String, after: Int64, limit: Int) async throws(FederationFailure) -> AuditPage {
        do throws(StorageError) {
            let leaves = try await around.sessions.audit(tenant: tenant, after: after, limit: limit)
            // Read afterwards, so that no entry lies behind it.
            let size = try await around.sessions.auditHead(tenant: tenant).size
            let hasher = MerkleHasher(.system)
            return AuditPage(tenant: tenant, size: size, entries: leaves.map { .init(entry: $0.json, hash: hexadecimal(hasher.leaf($0.bytes))) })
        } catch { throw failure(error) }
    }

    package func auditConsistency(tenant: String, from: Int64, to: Int64?) async throws(FederationFailure) -> AuditConsistency {
        let (size, proof): (Int64, [[UInt8]]?)
        do throws(StorageError) {
            size = try await around.sessions.auditHead(tenant: tenant).size
            proof = try await around.sessions.auditConsistency(tenant: tenant, from: from, to: to ?? size, MerkleHasher(.system))
        } catch { throw failure(error) }
        guard let proof else {
            let (field, value) = to.map { $0 > size ? ("to", $0) : ("from", from) } ?? ("from", from)
            throw .unprocessable(field: field, issue: "the audit has \(size) entries; from is at most to, and to at most that", provided: .integer(value))
        }
        return AuditConsistency(tenant: tenant, from: from, to: to ?? size, hashes: proof.map { hexadecimal($0) })
    }
}
