internal import CryptoSuite
import Foundation
internal import StrictJSON
package import Trust

/// A signed receipt: a JSON Web Signature in compact form (RFC 7515) over the canonical payload, by ES256, with the signer's chain in
/// its header, so that any library for JOSE reads it.
package struct Receipt: Sendable, Equatable {
    /// `header.payload.signature`, each in Base64url.
    package let text: String

    static let type = "tutti-receipt"

    /// - Parameter signer: of the content's session.
    /// - Throws: `TrustError` when it cannot be signed, `NoCanonicalForm` for a content that nobody could read back.
    package init(_ content: ReceiptContent, by signer: ReceiptSigner) throws {
        let chain = signer.chain.map { JSON.string(Data($0).base64EncodedString()) }
        let header: JSON = ["alg": "ES256", "typ": .string(Self.type), "x5c": .array(chain)]
        let signed = base64URL(try header.canonical()) + "." + base64URL(try content.json().canonical())
        text = signed + "." + base64URL(try signer.sign(Array(signed.utf8)))
    }
}
