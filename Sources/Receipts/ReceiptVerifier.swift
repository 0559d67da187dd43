internal import CryptoSuite
package import Foundation
package import StrictJSON
package import Trust

/// What is known of a receipt after every check has passed.
package struct VerifiedReceipt: Sendable, Equatable {
    package var content: ReceiptContent
    /// The payload as it was signed.
    package var payload: JSON
    /// `sha256:` and the digest of the authority's certificate.
    package var authority: String

    package var signedAt: Date { Date(timeIntervalSince1970: Double(content.madeAt) / 1000) }

    /// Of the last private round; nil: there was none.
    package var epsilon: Double? { content.rounds.compactMap(\.epsilon).last }

    /// - Parameter file: a model, whole.
    /// - Returns: the round that made it; 0: the first model.
    package func round(ofModel file: [UInt8]) throws(ReceiptProblem) -> Int {
        let found = hexadecimal(CryptoSuite.system.sha256(file))
        guard let model = content.model else { throw .model(expected: "none", found: found) }
        guard model.sha256 == found else { throw .model(expected: model.sha256, found: found) }
        return model.round
    }

    /// - Parameter file: a roster as `receipt save --roster` wrote it.
    package func check(roster file: [UInt8]) throws(ReceiptProblem) {
        guard file.count <= Limits.rosterBytes else { throw .roster("it has more than \(Limits.rosterBytes) bytes") }
        let roster: JSON
        do { roster = try JSON(parsing: file, maximumDepth: Limits.depth) } catch { throw .roster("\(error)") }
        guard let digest = try? ReceiptContent.digest(roster), digest == content.roster.sha256 else { throw .roster("its SHA-256 differs") }
        guard roster["members"]?.elements?.count == content.roster.members else { throw .roster("it has another number of members") }
    }
}

/// Reads receipts for one who trusts one authority. Needs no network and no clock: what counts is when the receipt was signed. Nothing
/// here is secret, so nothing has to take the same time.
package struct ReceiptVerifier: Sendable {
    let anchor: ReceiptAnchor

    package init(_ anchor: ReceiptAnchor) { self.anchor = anchor }

    /// - Parameter text: the receipt; blanks and line ends behind it do not count.
    package func verify(_ text: [UInt8]) throws(ReceiptProblem) -> VerifiedReceipt {
        guard text.count <= Limits.receiptBytes else { throw .tooLong(bytes: Limits.receiptBytes) }
        let end = text.lastIndex { ![0x20, 0x0A, 0x0D].contains($0) }.map { $0 + 1 } ?? 0
        let parts = text[..<end].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .form("it has \(parts.count) parts, not 3") }
        let chain = try chain(try decoded(parts[0], "the header", limit: Limits.headerBytes))
        let payloadBytes = try decoded(parts[1], "the payload", limit: Limits.receiptBytes)
        let signature = try decoded(parts[2], "the signature", limit: Limits.headerBytes)
        let payload = try canonical(payloadBytes, "the payload")
        guard let told = payload["made_at"]?.text, let madeAt = ReceiptTime.milliseconds(told) else { throw .form("it does not say when it was made") }
        let signer: ReceiptSignerChain
        do {
            signer = try ReceiptSignerChain(chain, anchor: anchor, signedAt: Date(timeIntervalSince1970: Double(madeAt) / 1000))
        } catch { throw .signer(error.message) }
        guard signer.isSignature(signature, of: Array(text[..<parts[1].endIndex])) else { throw .signature }
        let content = try ReceiptContent(reading: payload)
        guard content.session.id == signer.subject.session, content.session.tenant == signer.subject.tenant else {
            throw .content(field: "session", issue: "is \(content.session.id), and its signer's certificate is for \(signer.subject.session)")
        }
        return VerifiedReceipt(content: content, payload: payload, authority: signer.pin)
    }

    private func decoded(_ part: ArraySlice<UInt8>, _ name: String, limit: Int) throws(ReceiptProblem) -> [UInt8] {
        guard part.count <= limit else { throw .tooLong(bytes: limit) }
        guard let found = bytes(base64URL: String(decoding: part, as: UTF8.self)) else { throw .form("\(name) is no Base64url") }
        return found
    }

    /// One value has one text: what parses and is written differently was not written here.
    private func canonical(_ bytes: [UInt8], _ name: String) throws(ReceiptProblem) -> JSON {
        let value: JSON
        do { value = try JSON(parsing: bytes, maximumDepth: Limits.depth) } catch { throw .form("\(name) is \(error)") }
        guard let form = try? value.canonical(), form == bytes else { throw .form("\(name) is not in its canonical form (RFC 8785)") }
        return value
    }

    /// The header decides nothing: of each member one value is taken.
    private func chain(_ bytes: [UInt8]) throws(ReceiptProblem) -> [[UInt8]] {
        let header = try canonical(bytes, "the header")
        guard header.members?.map(\.name) == ["alg", "typ", "x5c"] else { throw .form("its header has other members than alg, typ and x5c") }
        guard header["alg"]?.text == "ES256" else { throw .form("it is not signed by ES256") }
        guard header["typ"]?.text == Receipt.type else { throw .form("it is not of the type \(Receipt.type)") }
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
