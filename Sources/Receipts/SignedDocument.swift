internal import CryptoSuite
import Foundation
package import StrictJSON
package import Trust

/// A signed document: a JSON Web Signature in compact form (RFC 7515) over a canonical payload, by ES256, with the signer's chain in its
/// header, so that any library for JOSE reads it. Receipts and heads of the audit are two kinds of it, told apart by the header's type
/// and by what the signer's certificate is for.
package struct SignedDocument: Sendable, Equatable {
    /// What sets one kind apart from another.
    struct Kind: Sendable {
        /// `typ` of the header.
        var type: String
        /// The payload's member that says when it was signed.
        var time: String
        var bytesMax: Int
    }

    package var payload: JSON
    package var subject: DocumentSubject
    /// `sha256:` and the digest of the authority's certificate.
    package var authority: String
    /// Milliseconds since 1970.
    package var signedAt: Int64

    /// `header.payload.signature`, each in Base64url.
    /// - Throws: `TrustError` when it cannot be signed, `NoCanonicalForm` for a payload that nobody could read back.
    static func text(_ payload: JSON, _ kind: Kind, by signer: DocumentSigner) throws -> String {
        let chain = signer.chain.map { JSON.string(Data($0).base64EncodedString()) }
        let header: JSON = ["alg": "ES256", "typ": .string(kind.type), "x5c": .array(chain)]
        let signed = base64URL(try header.canonical()) + "." + base64URL(try payload.canonical())
        return signed + "." + base64URL(try signer.sign(Array(signed.utf8)))
    }

    /// Needs no network and no clock: what counts is when the document was signed. Nothing here is secret, so nothing has to take the
    /// same time.
    /// - Parameter text: blanks and line ends behind it do not count.
    init(reading text: [UInt8], _ kind: Kind, anchor: DocumentAnchor) throws(SignedDocumentProblem) {
        guard text.count <= kind.bytesMax else { throw .tooLong(bytes: kind.bytesMax) }
        let end = text.lastIndex { ![0x20, 0x0A, 0x0D].contains($0) }.map { $0 + 1 } ?? 0
        let parts = text[..<end].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .form("it has \(parts.count) parts, not 3") }
        let chain = try Self.chain(try Self.decoded(parts[0], "the header", limit: Limits.headerBytes), kind)
        let payloadBytes = try Self.decoded(parts[1], "the payload", limit: kind.bytesMax)
        let signature = try Self.decoded(parts[2], "the signature", limit: Limits.headerBytes)
        payload = try Self.canonical(payloadBytes, "the payload")
        guard let told = payload[kind.time]?.text, let at = ReceiptTime.milliseconds(told) else { throw .form("it does not say when it was made") }
        signedAt = at
        let signer: DocumentSignerChain
        do {
            signer = try DocumentSignerChain(chain, anchor: anchor, signedAt: Date(timeIntervalSince1970: Double(at) / 1000))
        } catch { throw .signer(error.message) }
        guard signer.isSignature(signature, of: Array(text[..<parts[1].endIndex])) else { throw .signature }
        (subject, authority) = (signer.subject, signer.pin)
    }

    private static func decoded(_ part: ArraySlice<UInt8>, _ name: String, limit: Int) throws(SignedDocumentProblem) -> [UInt8] {
        guard part.count <= limit else { throw .tooLong(bytes: limit) }
        guard let found = bytes(base64URL: String(decoding: part, as: UTF8.self)) else { throw .form("\(name) is no Base64url") }
        return found
    }

    /// One value has one text: what parses and is written differently was not written here.
    private static func canonical(_ bytes: [UInt8], _ name: String) throws(SignedDocumentProblem) -> JSON {
        let value: JSON
        do { value = try JSON(parsing: bytes, maximumDepth: Limits.depth) } catch { throw .form("\(name) is \(error)") }
        guard let form = try? value.canonical(), form == bytes else { throw .form("\(name) is not in its canonical form (RFC 8785)") }
        return value
    }

    /// The header decides nothing: of each member one value is taken.
    private static func chain(_ bytes: [UInt8], _ kind: Kind) throws(SignedDocumentProblem) -> [[UInt8]] {
        let header = try canonical(bytes, "the header")
        guard header.members?.map(\.name) == ["alg", "typ", "x5c"] else { throw .form("its header has other members than alg, typ and x5c") }
        guard header["alg"]?.text == "ES256" else { throw .form("it is not signed by ES256") }
        guard header["typ"]?.text == kind.type else { throw .form("it is not of the type \(kind.type)") }
        var chain: [[UInt8]] = []
        for certificate in header["x5c"]?.elements ?? [] {
            guard let text = certificate.text, let data = Data(base64Encoded: text), data.base64EncodedString() == text else {
                throw .form("a certificate in its header is no Base64")
            }
            chain.append([UInt8](data))
        }
        return chain
    }
}

/// Why a signed document is not believed.
package enum SignedDocumentProblem: Error, Sendable, Equatable {
    case tooLong(bytes: Int)
    /// It is no signed document at all, or of a form that is not known here.
    case form(String)
    /// Its signer is not one that is trusted.
    case signer(String)
    case signature
}
