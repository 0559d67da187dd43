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

/// Reads receipts for one who trusts one authority. Needs no network and no clock: what counts is when the receipt was signed.
package struct ReceiptVerifier: Sendable {
    let anchor: DocumentAnchor

    package init(_ anchor: DocumentAnchor) { self.anchor = anchor }

    /// - Parameter text: the receipt; blanks and line ends behind it do not count.
    package func verify(_ text: [UInt8]) throws(ReceiptProblem) -> VerifiedReceipt {
        let document: SignedDocument
        do { document = try SignedDocument(reading: text, Receipt.kind, anchor: anchor) } catch { throw ReceiptProblem(error) }
        guard case .session(let session) = document.subject.kind else { throw .signer("its certificate is for no session") }
        let content = try ReceiptContent(reading: document.payload)
        guard content.session.id == session, content.session.tenant == document.subject.tenant else {
            throw .content(field: "session", issue: "is \(content.session.id), and its signer's certificate is for \(session)")
        }
        return VerifiedReceipt(content: content, payload: document.payload, authority: document.authority)
    }
}

extension ReceiptProblem {
    fileprivate init(_ problem: SignedDocumentProblem) {
        switch problem {
        case .tooLong(let bytes): self = .tooLong(bytes: bytes)
        case .form(let what): self = .form(what)
        case .signer(let what): self = .signer(what)
        case .signature: self = .signature
        }
    }
}
