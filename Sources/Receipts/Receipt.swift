package import Trust

/// A signed receipt: a JSON Web Signature in compact form over the content's canonical form.
package struct Receipt: Sendable, Equatable {
    /// `header.payload.signature`, each in Base64url.
    package let text: String

    static let kind = SignedDocument.Kind(type: "tutti-receipt", time: "made_at", bytesMax: Limits.receiptBytes)

    /// - Parameter signer: of the content's session.
    /// - Throws: `TrustError` when it cannot be signed, `NoCanonicalForm` for a content that nobody could read back.
    package init(_ content: ReceiptContent, by signer: DocumentSigner) throws {
        text = try SignedDocument.text(content.json(), Self.kind, by: signer)
    }
}
