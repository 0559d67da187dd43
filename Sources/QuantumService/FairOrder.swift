/// Who is next for something that one at a time can have: start-time fair queueing (Goyal, Vin and Cheng 1996). Of those that wait all
/// the time, each gets of the work what its weight is of all weights.
package struct FairOrder: Sendable {
    private struct Waiting {
        var ticket: Int
        var start: Double
        var number: Int
    }

    private var waiting: [Waiting] = []
    /// By flow: where its last one ends.
    private var finishes: [String: Double] = [:]
    private var now = 0.0
    private var count = 0

    package init() {}

    package var isEmpty: Bool { waiting.isEmpty }

    /// - Parameters:
    ///   - flow: whose it is.
    ///   - weight: above 0.
    ///   - cost: what it will take, in any unit, the same for all.
    package mutating func add(_ ticket: Int, flow: String, weight: Double, cost: Double) {
        let start = max(now, finishes[flow] ?? 0)
        finishes[flow] = start + max(cost, 1) / max(weight, .leastNormalMagnitude)
        waiting.append(Waiting(ticket: ticket, start: start, number: count))
        count += 1
    }

    /// The one with the earliest start, among equals the first that came.
    package mutating func next() -> Int? {
        guard let at = waiting.indices.min(by: { (waiting[$0].start, waiting[$0].number) < (waiting[$1].start, waiting[$1].number) }) else { return nil }
        let first = waiting.remove(at: at)
        now = max(now, first.start)
        // Flows that are not ahead of the time are as good as new ones.
        finishes = finishes.filter { $0.value > now }
        return first.ticket
    }

    /// What a flow was reckoned with and did not take.
    package mutating func giveBack(_ cost: Double, flow: String, weight: Double) {
        guard let finish = finishes[flow] else { return }
        finishes[flow] = finish - cost / max(weight, .leastNormalMagnitude)
    }

    package mutating func remove(_ ticket: Int) { waiting.removeAll { $0.ticket == ticket } }
}
