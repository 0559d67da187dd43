import Foundation
import Receipts
import StrictJSON
import Testing
import Trust

/// Receipts that another implementation made (`Tests/Golden/make_receipts.py`), with its own certificates and its own canonical form.
@Suite struct GoldenTests {
    private let golden: JSON
    private let cases: [JSON]

    init() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
            "Golden/receipts/receipts.json")
        golden = try JSON(parsing: [UInt8](try Data(contentsOf: path)))
        cases = try #require(golden["cases"]?.elements)
    }

    private func text(_ name: String) throws -> String { try #require(golden[name]?.text) }

    @Test func everyVerdictIsTheOthersVerdict() throws {
        #expect(cases.count >= 50)
        let (pin, pem) = (ReceiptVerifier(.pin(try AuthorityPin(try text("pin")))), ReceiptVerifier(.authorities(try text("ca"))))
        for one in cases {
            let (receipt, wanted) = (one["receipt"]?.text ?? "", one["verdict"]?.text ?? "")
            #expect(verdict(receipt, pin) == wanted, "\(one["name"]?.text ?? "")")
            #expect(verdict(receipt, pem) == wanted, "\(one["name"]?.text ?? ""), by the certificate")
        }
    }

    /// A change of the authority: the old receipt stands as long as the old authority is trusted.
    @Test func oneOfSeveralAuthoritiesIsEnough() throws {
        let good = try #require(cases[0]["receipt"]?.text)
        #expect(verdict(good, ReceiptVerifier(.authorities(try text("other_ca") + text("ca")))) == "ok")
        #expect(verdict(good, ReceiptVerifier(.authorities(try text("other_ca")))) == "signer_not_trusted")
        #expect(verdict(good, ReceiptVerifier(.authorities("no certificate"))) == "signer_not_trusted")
    }

    @Test func modelAndRosterAreRecognised() throws {
        let receipt = try ReceiptVerifier(.authorities(try text("ca"))).verify(Array(try #require(cases[0]["receipt"]?.text).utf8))
        let model = "three rounds of nothing"
        #expect(try receipt.round(ofModel: Array(model.utf8)) == 3 && receipt.epsilon == 0.1 * 3)
        #expect(throws: ReceiptProblem.self) { try receipt.round(ofModel: Array((model + " ").utf8)) }
        let roster = try #require(golden["roster"])
        try receipt.check(roster: roster.encoded())
        #expect(throws: ReceiptProblem.self) { try receipt.check(roster: Array(roster.encodedText.replacing("client-02", with: "client-04").utf8)) }
        #expect(throws: ReceiptProblem.self) { try receipt.check(roster: Array("{".utf8)) }
    }
}
