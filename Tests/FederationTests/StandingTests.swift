import Federation
import Testing

struct StandingTests {
    private let names = ["a", "b", "c"]

    @Test func everyMemberStandsWhereItDoes() throws {
        var bench = federation(names.reversed(), smallSpec(clients: 3))
        let start = try #require(bench.starts(round: 1).first { $0.client == "b" })
        _ = bench.deliver("b", start.start)
        bench.handle(.roundFailed(client: "c", round: 1, attempt: 1, reason: "no"))
        bench.handle(.disconnected(client: "a"))
        let standings = bench.machine.standings(bench.now)
        #expect(standings.map(\.client) == names)
        #expect(standings.map(\.part) == [.asked, .sent, .failed])
        #expect(standings.map(\.isConnected) == [false, true, true])
        // Heard of a moment ago; and after three heartbeats no more.
        #expect(standings.allSatisfy(\.isHere) && standings.allSatisfy { $0.dataSize > 0 && $0.excluded == nil })
        let later = bench.now.adding(seconds: 3 * Double(bench.machine.session.spec.heartbeatSeconds) + 1)
        #expect(bench.machine.standings(later).map(\.isHere) == [false, true, true])
        bench.handle(.stop(reason: "enough", nil))
        #expect(bench.machine.standings(bench.now).allSatisfy { !$0.isHere && !$0.isConnected && $0.part == nil })
    }
}
