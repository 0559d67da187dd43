import QuantumService
import Testing

@Suite struct FairOrderTests {
    /// Of two that wait all the time, one with four times the weight of the other gets four times the work.
    @Test func everyFlowGetsItsPart() {
        var order = FairOrder()
        let weights = ["heavy": 4.0, "light": 1.0]
        let names = ["light", "heavy"]
        for (ticket, name) in names.enumerated() { order.add(ticket, flow: name, weight: weights[name] ?? 1, cost: 100) }
        var served = [0, 0]
        for _ in 0..<500 {
            guard let ticket = order.next() else { break }
            served[ticket] += 1
            order.add(ticket, flow: names[ticket], weight: weights[names[ticket]] ?? 1, cost: 100)
        }
        #expect(served[0] + served[1] == 500 && abs(served[1] - 400) <= 4, "\(served)")
    }

    /// Who was away has saved nothing, and equals go as they came.
    @Test func whoComesLateDoesNotCatchUp() {
        var order = FairOrder()
        for ticket in 0..<4 { order.add(ticket, flow: "busy", weight: 1, cost: 10) }
        #expect(order.next() == 0 && order.next() == 1 && order.next() == 2)
        order.add(10, flow: "late", weight: 1, cost: 10)
        order.add(11, flow: "late", weight: 1, cost: 10)
        // It begins at the time of the one that was served last, 20, with the busy one's fourth at 30.
        #expect(order.next() == 10 && order.next() == 3 && order.next() == 11 && order.next() == nil)
    }

    @Test func whoLeavesIsNotServed() {
        var order = FairOrder()
        order.add(1, flow: "a", weight: 1, cost: 1)
        order.add(2, flow: "b", weight: 1, cost: 1)
        order.remove(1)
        #expect(order.next() == 2 && order.isEmpty && order.next() == nil)
    }
}
