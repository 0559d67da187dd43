import APIKit
import Console
import Federation
import Storage
import Synchronization
import Testing

/// What of the console stays in the audit.
struct AuditTests {
    @Test func comingGoingAndActingAreWrittenDown() async {
        let place = Place()
        _ = await place.ask("POST", "/console/sign-in", form: "key=tk_live_wrong", from: "10.0.0.9")
        _ = await place.signIn()
        let csrf = await place.csrf()
        _ = await place.ask("POST", "/console/sessions/\(Samples.id)/stop", form: "csrf=\(csrf)")
        #expect(await place.ask("POST", "/console/jobs/\(Samples.job)/cancel", form: "csrf=\(csrf)").header("location") == "/console/jobs/\(Samples.job)")
        // What failed was not done.
        #expect(await place.ask("POST", "/console/jobs/job_other/cancel", form: "csrf=\(csrf)").status == 404)
        #expect(await place.ask("POST", "/console/jobs/\(Samples.job)/cancel", form: "csrf=x").status == 403)
        _ = await place.ask("POST", "/console/sign-out", form: "csrf=\(csrf)")
        let written = place.store.written.withLock { $0 }
        #expect(
            written.map(\.entry.action) == [.consoleSignInRefused, .consoleSignedIn, .consoleSessionStopped, .consoleJobCancelled, .consoleSignedOut])
        #expect(written.map(\.entry.actor) == ["anonymous", "publicpart", "publicpart", "publicpart", "publicpart"])
        #expect(written.map(\.tenant) == ["home", "default", "default", "default", "default"])
        #expect(written.map(\.entry.subject) == ["console", "publicpart", Samples.id, Samples.job, "publicpart"])
        #expect(written.map(\.entry.resourceType) == [nil, "api_key", "session", "job", "api_key"])
        #expect(written.map(\.entry.ipAddress) == ["10.0.0.9", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"])
        #expect(written[0].entry.level == .warning && written[0].entry.status == 401 && written[0].entry.at.milliseconds == Samples.start)
        #expect(place.state.withLock { $0.cancelled } == ["\(Samples.job) by publicpart"])
        let text = written.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
        for secret in [Place.key, "tk_live_wrong", csrf] { #expect(!text.contains(secret)) }
    }

    /// Who cannot be written down does not come in, but gets out and is refused all the same.
    @Test func aFullDiskLetsNobodyIn() async {
        let place = Place()
        _ = await place.signIn()
        let csrf = await place.csrf()
        place.store.isFull.withLock { $0 = true }
        #expect(await place.ask("POST", "/console/jobs/\(Samples.job)/cancel", form: "csrf=\(csrf)").status == 507)
        let held = place.state.withLock { $0.cookie }
        #expect(await place.ask("POST", "/console/sign-out", form: "csrf=\(csrf)").status == 303)
        place.state.withLock { $0.cookie = held }
        #expect(await place.ask("GET", "/").status == 303)
        place.state.withLock { $0.cookie = nil }
        #expect(await place.ask("POST", "/console/sign-in", form: "key=x").status == 401)
        let refused = await place.signIn()
        #expect(refused.status == 507 && refused.header("set-cookie") == nil)
        let events = place.state.withLock { $0.events }
        #expect(events.count { if case .unwritten = $0 { true } else { false } } == 2)
        #expect(events.count { if case .signedIn = $0 { true } else { false } } == 1)
    }

    /// However many keys somebody tries, from however many addresses: the log grows by so much and no more.
    @Test func wrongKeysDoNotFillTheAudit() async {
        let place = Place()
        for number in 0..<(Limits.refusalsTold + 10) {
            #expect(await place.ask("POST", "/console/sign-in", form: "key=x", from: "10.0.1.\(number)").status == 401)
        }
        #expect(place.store.written.withLock { $0.count } == Limits.refusalsTold)
        place.state.withLock { $0.now += Limits.refusalMilliseconds }
        _ = await place.ask("POST", "/console/sign-in", form: "key=x", from: "10.0.2.1")
        #expect(place.store.written.withLock { $0.last?.entry.details } == ["not_written_before": "10"])
    }

    @Test func refusalsAreToldByABucket() {
        var refusals = Refusals()
        for now in [Int64.max, .min, 0] { _ = refusals.told(now: now) }
        refusals = Refusals()
        for _ in 0..<Limits.refusalsTold { #expect(refusals.told(now: 1000) == 0) }
        #expect(refusals.told(now: 1000) == nil && refusals.told(now: 1000 + Limits.refusalMilliseconds - 1) == nil)
        #expect(refusals.told(now: 1000 + Limits.refusalMilliseconds) == 2 && refusals.told(now: 1000 + Limits.refusalMilliseconds) == nil)
        // A clock that was set back by a year does not silence it for a year.
        let past: Int64 = -31_536_000_000
        #expect(refusals.told(now: past) == nil)
        #expect(refusals.told(now: past + Limits.refusalMilliseconds) == 2)
    }

    /// What is in a file came from elsewhere.
    @Test func aResultIsKeptAndNeverShown() async {
        let place = Place()
        let path = "/console/jobs/\(Samples.job)/result"
        #expect(await place.ask("GET", path).status == 303)
        _ = await place.signIn()
        let reply = await place.ask("GET", path)
        #expect(reply.status == 200 && reply.header("content-disposition") == "attachment; filename=\"..\(Samples.job).json\"")
        #expect(reply.header("content-security-policy") == ConsoleReply.policy + "; sandbox" && reply.header("x-content-type-options") == "nosniff")
        #expect(reply.header("cache-control") == "no-store" && reply.headers.count { $0.name == "content-security-policy" } == 1)
    }
}
