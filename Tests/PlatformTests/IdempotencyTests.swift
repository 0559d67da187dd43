import Federation
import Platform
import Testing

private func key(_ text: String, _ principal: String = "p", _ operation: String = "POST /jobs") -> IdempotencyKey {
    IdempotencyKey(tenant: "t", principal: principal, operation: operation, key: text)
}
private func reply(_ bytes: Int, status: Int = 201) -> StoredReply { StoredReply(status: status, body: [UInt8](repeating: 7, count: bytes)) }

@Suite struct IdempotencyTests {
    private func words(_ begin: IdempotencyStore.Begin) -> String {
        switch begin {
        case .run: return "run"
        case .again(let reply): return "again \(reply.body.count)"
        case .refused(.badKey): return "bad key"
        case .refused(.otherBody): return "other body"
        case .refused(.inFlight): return "in flight"
        case .refused(.replyNotKept(let bytes)): return "not kept \(bytes)"
        case .refused(.crowded(let seconds)): return "crowded \(seconds)"
        }
    }

    private func ticket(_ begin: IdempotencyStore.Begin) throws -> IdempotencyStore.Ticket {
        guard case .run(let ticket) = begin else { throw NoTicket() }
        return ticket
    }
    private struct NoTicket: Error {}

    @Test func aCallIsMadeOnceForADay() throws {
        var store = IdempotencyStore()
        let first = try ticket(store.begin(key("k"), digest: [1], now: at(0)))
        #expect(words(store.begin(key("k"), digest: [1], now: at(1))) == "in flight")
        #expect(words(store.begin(key("k"), digest: [2], now: at(1))) == "other body")
        store.finish(first, reply(5), now: at(10))
        #expect(words(store.begin(key("k"), digest: [1], now: at(86_409))) == "again 5")
        #expect(words(store.begin(key("k"), digest: [2], now: at(86_409))) == "other body")
        #expect(words(store.begin(key("k", "q"), digest: [2], now: at(20))) == "run")
        #expect(words(store.begin(key("k", "p", "POST /tenants"), digest: [2], now: at(20))) == "run")
        #expect(words(store.begin(key("k"), digest: [2], now: at(86_410))) == "run", "its day is over")
    }

    @Test func whatMadeNothingMayBeTriedAgain() throws {
        var store = IdempotencyStore()
        let first = try ticket(store.begin(key("k"), digest: [1], now: at(0)))
        store.abandon(first)
        #expect(store.count == 0)
        let second = try ticket(store.begin(key("k"), digest: [9], now: at(1)))
        // The first ticket is of no use any more.
        store.finish(first, reply(1), now: at(2))
        store.abandon(first)
        #expect(words(store.begin(key("k"), digest: [9], now: at(2))) == "in flight")
        store.finish(second, reply(2), now: at(3))
        store.finish(second, reply(3), now: at(4))
        #expect(words(store.begin(key("k"), digest: [9], now: at(5))) == "again 2" && store.bytes == 2)
    }

    @Test func aLargeReplyIsNotGivenAgainAndSaysSo() throws {
        var store = IdempotencyStore()
        for (name, bytes, expected) in [("a", 65_536, "again 65536"), ("b", 65_537, "not kept 65537")] {
            store.finish(try ticket(store.begin(key(name), digest: [1], now: at(0))), reply(bytes), now: at(0))
            #expect(words(store.begin(key(name), digest: [1], now: at(1))) == expected)
        }
        #expect(IdempotencyRefusal.replyNotKept(bytes: 70_000).description.contains("70000 bytes"))
    }

    @Test(arguments: [
        ("", false), (String(repeating: "k", count: 128), true), (String(repeating: "k", count: 129), false), ("a b\"~", true), ("ä", false), ("a\nb", false),
        ("a\u{7F}", false),
    ])
    func aKeyIsShortAndPrintable(_ text: String, _ isGood: Bool) {
        var store = IdempotencyStore()
        #expect(words(store.begin(key(text), digest: [1], now: at(0))) == (isGood ? "run" : "bad key"))
    }

    @Test func memoryIsBoundedForAllAndForEach() throws {
        var limits = IdempotencyStore.Limits()
        (limits.replies, limits.repliesPerPrincipal, limits.bytes, limits.bytesPerPrincipal) = (5, 3, 1000, 600)
        var store = IdempotencyStore(limits: limits)
        for i in 0..<3 { store.finish(try ticket(store.begin(key("\(i)"), digest: [1], now: at(0))), reply(250), now: at(Double(i))) }
        #expect(words(store.begin(key("2"), digest: [1], now: at(5))) == "not kept 250", "600 bytes are all there are for one")
        #expect(words(store.begin(key("3"), digest: [1], now: at(10))) == "crowded 86390")
        for i in 0..<2 { store.finish(try ticket(store.begin(key("\(i)", "q"), digest: [1], now: at(20))), reply(250), now: at(20)) }
        #expect(store.bytes == 1000)
        #expect(words(store.begin(key("0", "r"), digest: [1], now: at(30))) == "crowded 86370")
        #expect(words(store.begin(key("0", "r"), digest: [1], now: at(86_400))) == "run")
        #expect(words(store.begin(key("1"), digest: [1], now: at(86_400))) == "again 250")
        #expect(words(store.begin(key("0"), digest: [1], now: at(86_400))) == "crowded 1", "its place was taken")
        #expect(words(store.begin(key("0"), digest: [1], now: at(86_401))) == "run")
    }

    /// Against a twin that looks through all it ever saw.
    @Test(arguments: 1...40)
    func itAnswersAsANaiveOneDoes(_ seed: Int) {
        struct Known {
            var digest: UInt8
            var ticket: IdempotencyStore.Ticket
            var ended: Int64?
            var bytes = 0
        }
        var draw = Draw(seed)
        var store = IdempotencyStore()
        var twin: [String: Known] = [:]
        var now: Int64 = 0
        for _ in 0..<500 {
            now += Int64([0, 1, 40_000_000, 86_400_000][draw.below(20) == 0 ? 3 : draw.below(3)] / (draw.below(3) + 1))
            let name = "\(draw.below(6))"
            if let known = twin[name], let ended = known.ended, now - ended >= 86_400_000 { twin[name] = nil }
            switch draw.below(4) {
            case 0, 1:
                let digest = UInt8(draw.below(2))
                let found = store.begin(key(name), digest: [digest], now: Instant(milliseconds: now))
                if let known = twin[name] {
                    let expected = known.digest != digest ? "other body" : known.ended == nil ? "in flight" : "again \(known.bytes)"
                    #expect(words(found) == expected, "seed \(seed)")
                } else if case .run(let ticket) = found {
                    twin[name] = Known(digest: digest, ticket: ticket)
                } else {
                    Issue.record("seed \(seed): \(words(found))")
                }
            case 2:
                guard let known = twin[name], known.ended == nil else { continue }
                let bytes = draw.below(100)
                store.finish(known.ticket, reply(bytes), now: Instant(milliseconds: now))
                twin[name] = Known(digest: known.digest, ticket: known.ticket, ended: now, bytes: bytes)
            default:
                guard let known = twin[name], known.ended == nil else { continue }
                store.abandon(known.ticket)
                twin[name] = nil
            }
            #expect(store.bytes <= 600 && store.count <= 6)
        }
    }

    @Test func manyWithOneKeyMakeOneCall() async {
        let calls = IdempotentCalls()
        let made = Guarded(0)
        let outcomes = await withTaskGroup(of: IdempotentCalls.Outcome.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await calls.once(key("k"), digest: [1], now: { at(1) }) { () async -> StoredReply in
                        made.withLock { $0 += 1 }
                        await Task.yield()
                        return reply(3)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(made.withLock { $0 } == 1)
        #expect(outcomes.count { $0 == .made(reply(3)) } == 1)
        #expect(outcomes.allSatisfy { $0 == .made(reply(3)) || $0 == .again(reply(3)) || $0 == .refused(.inFlight) })
    }

    private struct Broken: Error {}

    @Test func failuresOfOursAreNotKept() async throws {
        let calls = IdempotentCalls()
        await #expect(throws: Broken.self) {
            _ = try await calls.once(key("k"), digest: [1], now: { at(1) }) { () async throws(Broken) -> StoredReply in throw Broken() }
        }
        for status in [500, 503, 429] {
            let outcome = await calls.once(key("k"), digest: [1], now: { at(1) }) { () async -> StoredReply in reply(1, status: status) }
            #expect(outcome == .made(reply(1, status: status)))
        }
        for expected in [IdempotentCalls.Outcome.made(reply(1, status: 400)), .again(reply(1, status: 400))] {
            #expect(await calls.once(key("k"), digest: [1], now: { at(1) }) { () async -> StoredReply in reply(1, status: 400) } == expected)
        }
    }
}
