package import MerkleLog

extension AuditStore {
    /// That the log of the first `from` entries is what the log of the first `to` began with: the proof of RFC 6962 §2.1.2, which
    /// `MerkleHasher.isConsistent` reads. Takes a pass over the hashes of at most `to` leaves, in pages.
    /// - Parameter page: leaves that are read at a time; nil: thousands.
    /// - Returns: nil when the log has no such sizes.
    package func auditConsistency(tenant: String, from: Int64, to: Int64, _ hasher: MerkleHasher, page: Int? = nil) async throws(StorageError)
        -> [[UInt8]]?
    {
        guard let proof = MerkleProof.consistency(from: from, to: to), to <= (try await auditHead(tenant: tenant).size) else { return nil }
        return try await gathered(proof, tenant, hasher, page)
    }

    /// That entry `index` is in the log of the first `size` entries: the path of RFC 6962 §2.1.1, which `MerkleHasher.isIncluded` reads.
    /// - Returns: nil when the log has no such size or entry.
    package func auditInclusion(tenant: String, index: Int64, size: Int64, _ hasher: MerkleHasher, page: Int? = nil) async throws(StorageError)
        -> [[UInt8]]?
    {
        guard let proof = MerkleProof.inclusion(index, size: size), size <= (try await auditHead(tenant: tenant).size) else { return nil }
        return try await gathered(proof, tenant, hasher, page)
    }

    /// In pages, so that nobody else waits long for the store.
    private func gathered(_ proof: MerkleProof, _ tenant: String, _ hasher: MerkleHasher, _ page: Int?) async throws(StorageError) -> [[UInt8]]? {
        var proof = proof
        while let wanted = proof.wanted {
            var at = wanted
            for hash in try await auditLeafHashes(tenant: tenant, from: wanted, limit: page ?? Limits.auditPage) {
                // What lies between two subtrees is passed over.
                if proof.wanted == at { proof.absorb(leafHash: hash, hasher) }
                at += 1
            }
            if at == wanted { throw .missing("leaf \(wanted) in the audit of \(tenant)") }
        }
        return proof.hashes(hasher)
    }
}
