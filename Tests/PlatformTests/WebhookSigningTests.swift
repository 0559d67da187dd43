import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

@Suite struct WebhookSigningTests {
    private struct Vector: Decodable {
        var secret, id, body, signature: String
        var timestamp: Int64
    }

    /// By the reference library (`Tests/Golden/make_webhook_vectors.py`).
    private func vectors() throws -> [Vector] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
            "Golden/webhooks/signatures.json")
        return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: path))
    }

    private func headers(_ id: String, _ seconds: Int64, _ body: String, _ keys: [Secret]) -> [String: String] {
        let all = WebhookSignature.headers(id: id, at: Instant(milliseconds: seconds * 1000 + 999), body: Array(body.utf8), keys: keys, .system)
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.value) })
    }

    @Test func signaturesAreTheReferenceLibrarys() throws {
        let vectors = try vectors()
        #expect(vectors.count == 15)
        for one in vectors {
            let found = headers(one.id, one.timestamp, one.body, [try WebhookSecret(one.secret).key])
            #expect(found == ["webhook-id": one.id, "webhook-timestamp": "\(one.timestamp)", "webhook-signature": one.signature], "\(one.id)")
        }
    }

    /// The example of the specification, through its own verification.
    @Test func whatIsSignedIsValidAndNothingElse() throws {
        for one in try vectors() {
            let key = try WebhookSecret(one.secret).key
            let other = try WebhookSecret("another secret of somebody").key
            func isValid(
                id: String? = nil, at timestamp: String? = nil, _ signatures: String? = nil, body: String? = nil, keys: [Secret]? = nil, now: Int64 = 0
            ) -> Bool {
                WebhookSignature.isValid(
                    id: id ?? one.id, timestamp: timestamp ?? "\(one.timestamp)", signatures: signatures ?? one.signature,
                    body: Array((body ?? one.body).utf8), keys: keys ?? [key], now: Instant(milliseconds: (one.timestamp + now) * 1000), .system)
            }
            #expect(isValid() && isValid(now: 300) && isValid(now: -300))
            #expect(!isValid(now: 301) && !isValid(now: -301))
            #expect(isValid(keys: [other, key]) && !isValid(keys: [other]) && !isValid(keys: []))
            #expect(isValid("v1,bm90IHRoaXM= \(one.signature) v1a,x") && !isValid("") && !isValid("v1,") && !isValid("v2," + one.signature.dropFirst(3)))
            #expect(!isValid(id: "msg_other") && !isValid(id: "") && !isValid(body: one.body + " ") && !isValid(at: "\(one.timestamp + 1)"))
            #expect(!isValid(at: "0\(one.timestamp)") && !isValid(at: "\(one.timestamp).0") && !isValid(at: "99999999999999999999") && !isValid(at: ""))
            #expect(!isValid(at: "\(Int64.min)") && !isValid(at: "\(Int64.max)"))
            let two = headers(one.id, one.timestamp, one.body, [other, key])["webhook-signature"] ?? ""
            #expect(two.split(separator: " ").count == 2 && two.hasSuffix(one.signature) && isValid(two))
        }
    }

    @Test func secretsAreKeysInTwoForms() throws {
        #expect(try WebhookSecret("your_webhook_secret").key.bytes == Array("your_webhook_secret".utf8))
        #expect(try WebhookSecret("whsec_" + Data(0..<24).base64EncodedString()).key.bytes == Array(0..<24))
        let made = WebhookSecret(random: .system)
        #expect(made.revealed.hasPrefix("whsec_") && made.key.count == 32)
        #expect(try WebhookSecret(made.revealed) == made)
        #expect(WebhookSecret(random: .system) != made)
        #expect(!"\(made)".contains(made.revealed.dropFirst(6)) && !String(reflecting: made).contains(made.revealed.dropFirst(6)))
    }

    @Test(arguments: [
        "", "short", "fifteen letters", String(repeating: "x", count: 257), "whsec_", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_AAAAAAAAAAAAAAAAAAAAAA==",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-", "whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAB==",
    ])
    func secretsThatAreNoneAreNotRepeated(_ text: String) {
        #expect {
            _ = try WebhookSecret(text)
        } throws: {
            guard case WebhookError.invalid("secret", let problem, let remedy) = $0 else { return false }
            return text.count < 7 || !(problem + remedy).contains(text.dropFirst(6))
        }
    }

    // MARK: Events

    @Test func eventsAreAClosedList() throws {
        let all = WebhookEvent.allCases.map(\.rawValue)
        #expect(all.count == 14 && Set(all).count == 14)
        #expect(try WebhookEvent.parse(all).map(\.rawValue) == all)
        for (names, hint) in [
            (["job.complete"], "Did you mean job.completed?"), (["Job_Completed"], "Did you mean job.completed?"),
            (["FL.session.completed"], "Did you mean fl.session.completed?"),
            (["quantum leap"], "Known are"), ([], "Give 1 to 32"), (["job.failed", "job.failed"], "Name it once"),
            ([String](repeating: "job.failed", count: 33), "Give 1 to 32"),
        ] {
            #expect("\(names)") { _ = try WebhookEvent.parse(names) } throws: { "\($0)".contains(hint) }
        }
    }

    @Test func payloadsAreFrozenInTheDocumentedShape() throws {
        let data: JSON = ["job_id": "job_1", "status": "completed", "results_url": "/jobs/job_1/results"]
        let at = Instant(milliseconds: 1_704_110_400_000)
        let event = WebhookEvent.jobCompleted.outboxEvent(key: "job_1", tenant: "default", at: at, data: data, .system)
        #expect(
            String(decoding: event.body, as: UTF8.self)
                == #"{"event":"job.completed","timestamp":"2024-01-01T12:00:00.000Z","data":{"job_id":"job_1","status":"completed","results_url":"/jobs/job_1/results"}}"#
        )
        #expect(event.name == "job.completed" && event.id.hasPrefix("evt_") && event.id.utf8.count == 36)
        func id(_ key: String, _ tenant: String) -> String { WebhookEvent.jobCompleted.outboxEvent(key: key, tenant: tenant, at: at, data: data, .system).id }
        #expect(id("job_1", "default") == event.id && id("job_2", "default") != event.id && id("job_1", "other") != event.id)
        #expect(WebhookEvent.timestamp(Instant(milliseconds: -1)) == "1969-12-31T23:59:59.999Z")
    }
}
