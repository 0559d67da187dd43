internal import CryptoSuite
package import MerkleLog
internal import StrictJSON
package import Trust

/// The head of a tenant's audit, signed: who keeps it elsewhere can tell later that nothing before it was changed, taken out or put in.
package struct SignedTreeHead: Sendable, Equatable {
    package static let format = "tutti.audit-head/1"

    package let tenant: String
    package let head: TreeHead
    /// Milliseconds since 1970.
    package let signedAt: Int64
    /// A JSON Web Signature in compact form.
    package let text: String
    /// Of the authority that it was verified by; nil: it was made here.
    package let authority: String?

    static let kind = SignedDocument.Kind(type: "tutti-audit-head", time: "timestamp", bytesMax: Limits.headBytes)

    /// - Parameter signer: of the audit of `tenant`.
    /// - Throws: `TrustError` when it cannot be signed, `NoCanonicalForm` for a head that nobody could read back.
    package init(tenant: String, _ head: TreeHead, signedAt: Int64, by signer: DocumentSigner) throws {
        (self.tenant, self.head, self.signedAt, authority) = (tenant, head, signedAt, nil)
        let payload: JSON = [
            "format": .string(Self.format), "root_hash": .string(hexadecimal(head.root)), "tenant": .string(tenant),
            "timestamp": .string(ReceiptTime.text(signedAt)), "tree_size": .integer(head.size),
        ]
        text = try SignedDocument.text(payload, Self.kind, by: signer)
    }

    /// - Parameter text: blanks and line ends behind it do not count.
    package init(reading text: [UInt8], anchor: DocumentAnchor) throws(SignedDocumentProblem) {
        let document = try SignedDocument(reading: text, Self.kind, anchor: anchor)
        let payload = document.payload
        guard payload.members?.map(\.name) == ["format", "root_hash", "tenant", "timestamp", "tree_size"], payload["format"]?.text == Self.format,
            let size = payload["tree_size"]?.whole, (0...MerkleLog.Limits.sizeMax).contains(size), let tenant = payload["tenant"]?.text,
            let hash = payload["root_hash"]?.text, let root = bytes(hexadecimal: hash), root.count == MerkleLog.Limits.hashBytes,
            hexadecimal(root) == hash
        else { throw .form("its payload is not that of \(Self.format)") }
        guard document.subject.kind == .audit, document.subject.tenant == tenant else {
            throw .signer("its certificate is not for the audit of \(tenant)")
        }
        (self.tenant, head, signedAt, authority) = (tenant, TreeHead(size: size, root: root), document.signedAt, document.authority)
        self.text = String(decoding: text, as: UTF8.self).trimmed
    }

    /// Entries.
    package var size: Int64 { head.size }

    /// RFC 3339 in UTC with milliseconds.
    package var timestamp: String { ReceiptTime.text(signedAt) }
}

extension String {
    fileprivate var trimmed: String { String(prefix { !$0.isWhitespace }) }
}
