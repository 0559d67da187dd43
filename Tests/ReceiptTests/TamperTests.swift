import CryptoSuite
import Foundation
import Receipts
import StrictJSON
import Testing
import Trust

/// Nothing can be changed without being seen.
@Suite struct TamperTests {
    @Test func whatWasMadeIsRead() throws {
        let sample = try Sample()
        let text = try sample.signed()
        let read = try sample.verifier().verify(Array(text.utf8))
        #expect(read.content == sample.content && read.authority == sample.authority.pin && read.epsilon == 0.75)
        #expect(verdict(text + "\r\n", try sample.verifier()) == "ok", "an editor's line end")
        try read.check(roster: sample.roster.json.encoded())
        // Of so many rounds as fit on no screen.
        let long = try Sample(rounds: 1000)
        #expect(try long.verifier().verify(Array(long.signed().utf8)).content == long.content)
        let none = try Sample(rounds: 0)
        #expect(verdict(try none.signed(), try none.verifier()) == "ok", "the first model is given away")
    }

    @Test func noByteCanBeChanged() throws {
        let sample = try Sample()
        let (text, verifier) = (Array(try sample.signed().utf8), try sample.verifier())
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=".utf8)
        for at in text.indices {
            var changed = text
            // Each time another one of those that could stand there.
            changed[at] = alphabet[(Int(text[at]) + at) % alphabet.count]
            if changed[at] == text[at] { changed[at] = alphabet[(Int(text[at]) + at + 1) % alphabet.count] }
            #expect(verdict(changed, verifier) != "ok", "byte \(at)")
            var flipped = text
            flipped[at] ^= 1 << UInt8(at % 8)
            #expect(verdict(flipped, verifier) != "ok", "byte \(at), one bit")
        }
        for count in stride(from: 0, to: text.count, by: 7) { #expect(verdict(Array(text[..<count]), verifier) != "ok", "cut off at \(count)") }
    }

    /// The signature is right, and the content is of another session.
    @Test func nobodyVouchesForAnotherSession() throws {
        let (one, two) = (try Sample(session: "fl-session-1"), try Sample(session: "fl-session-2"))
        let signer = try one.authority.documentSigner(try DocumentSubject(tenant: "default", session: "fl-session-1"), now: noon)
        #expect(verdict(try Receipt(two.content, by: signer).text, try one.verifier()) == "content_contradicts_itself")
        var other = one.content
        other.session.tenant = "other"
        #expect(verdict(try Receipt(other, by: signer).text, try one.verifier()) == "content_contradicts_itself")
        #expect(verdict(try Receipt(one.content, by: signer).text, try one.verifier()) == "ok")
        #expect(verdict(try one.signed(by: two.authority), try one.verifier()) == "signer_not_trusted")
    }

    @Test func theSignerIsGoodForMinutes() throws {
        let sample = try Sample()
        #expect(verdict(try sample.signed(at: noon - 200), try sample.verifier()) == "ok")
        for at in [noon - 2 * day, noon + 2 * day] { #expect(verdict(try sample.signed(at: at), try sample.verifier()) == "signer_not_trusted") }
    }

    /// Equal members have other digests in other receipts: nobody finds them by trying.
    @Test func theSaltHidesTheMembers() throws {
        let sample = try Sample()
        let again = ReceiptRoster(session: "fl-session-1", members: sample.roster.members, salt: [UInt8](repeating: 8, count: 32))
        #expect(try again.digest().sha256 != sample.roster.digest().sha256 && again.digest().members == 3 && again.digest().rows == 30)
        #expect(sample.roster.members.map(\.client) == ["a", "b", "c"])
        let read = try sample.verifier().verify(Array(sample.signed().utf8))
        #expect(throws: ReceiptProblem.self) { try read.check(roster: again.json.encoded()) }
        #expect(!read.payload.encodedText.contains("client_id"))
    }

    @Test func everyProblemSaysWhatToDo() {
        let problems: [ReceiptProblem] = [
            .tooLong(bytes: 1), .form("x"), .signer("x"), .signature, .content(field: "x", issue: "y"), .roster("x"), .model(expected: "x", found: "y"),
        ]
        #expect(Set(problems.map(\.code)).count == problems.count && problems.allSatisfy { !$0.remedy.isEmpty && !$0.description.isEmpty })
    }
}
