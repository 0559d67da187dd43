import CryptoSuite
import Foundation
import Receipts
import StrictJSON
import Trust

/// A clock that stands still.
let noon = Date(timeIntervalSince1970: 1_780_000_000)
let noonMilliseconds: Int64 = 1_780_000_000_123
let day = 86_400.0

func digest(_ text: String) -> String { hexadecimal(CryptoSuite.system.sha256(Array(text.utf8))) }

/// A session of three rounds, and everything that goes with its receipt.
struct Sample {
    var authority: CertificateAuthority
    var roster: ReceiptRoster
    var content: ReceiptContent

    init(session: String = "fl-session-1", rounds: Int = 3) throws {
        authority = try CertificateAuthority(commonName: "Tutti coordinator CA", now: noon - 400 * day, lifetime: 3650 * day)
        roster = ReceiptRoster(
            session: session,
            members: ["c", "a", "b"].map { .init(client: $0, rows: 10, joinedAt: noonMilliseconds, certificate: digest($0), memberKey: nil) },
            salt: [UInt8](repeating: 7, count: 32))
        content = ReceiptContent(
            madeAt: noonMilliseconds,
            session: .init(
                id: session, tenant: "default", status: "completed", reason: nil, isFinal: true, createdAt: noonMilliseconds - 9000,
                startedAt: noonMilliseconds - 8000, endedAt: noonMilliseconds - 1),
            configuration: ["labels": ["ü", "\u{1F600}"], "learning_rate": 0.05, "rounds": JSON(rounds)], roster: try roster.digest(),
            initialModel: digest("model 0"),
            rounds: (0..<rounds).map {
                ReceiptRound(
                    round: $0 + 1, attempts: 1, parent: digest("model \($0)"), model: digest("model \($0 + 1)"), selected: 3, contributors: 2,
                    smallestGroup: nil, epsilon: 0.25 * Double($0 + 1), endedAt: noonMilliseconds - 100)
            }, model: .init(round: rounds, sha256: digest("model \(rounds)"), selectedBy: nil), protection: ["transport": "TLS 1.3"])
    }

    func signed(by other: CertificateAuthority? = nil, at now: Date = noon) throws -> String {
        let signer = try (other ?? authority).documentSigner(try DocumentSubject(tenant: content.session.tenant, session: content.session.id), now: now)
        return try Receipt(content, by: signer).text
    }

    func verifier() throws -> ReceiptVerifier { ReceiptVerifier(.pin(try AuthorityPin(authority.pin))) }
}

/// `ok`, or the code of what is wrong.
func verdict(_ text: String, _ verifier: ReceiptVerifier) -> String { verdict(Array(text.utf8), verifier) }

func verdict(_ text: [UInt8], _ verifier: ReceiptVerifier) -> String {
    do throws(ReceiptProblem) {
        _ = try verifier.verify(text)
        return "ok"
    } catch { return error.code }
}
