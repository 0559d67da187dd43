import Inference
import Learning
import ModelServing
import Testing

private func request(
    _ id: UInt64, _ priority: RequestPriority = .normal, rows: Int = 1, batch: Int = 1, wait: UInt64 = 0, at: UInt64 = 0, deadline: UInt64 = .max,
    instance: Int = 1
) -> WaitingRequest {
    WaitingRequest(
        id: id, key: BatchKey(instance: instance, []), rows: rows, priority: priority, batchRows: batch, batchWait: wait, arrivedAt: at, deadline: deadline)
}

extension RequestQueue.Decision {
    var ids: [UInt64]? { if case .run(let requests) = self { requests.map(\.id) } else { nil } }
}

@Suite struct RequestQueueTests {
    @Test func theMoreUrgentGoFirstAndOfOneClassTheEarlier() {
        var queue = RequestQueue()
        for one in [request(1, .low), request(2), request(3, .ultraHigh), request(4), request(5, .high)] { #expect(queue.add(one) == .queued) }
        #expect((0..<6).map { _ in queue.next(at: 1).ids } == [[3], [5], [2], [4], [1], nil])
        #expect(queue.next(at: 1) == .empty)
    }

    @Test func nobodyWaitsForEver() {
        var queue = RequestQueue()
        let age = RequestQueue.agingNanoseconds
        _ = queue.add(request(1, .low, at: 0))
        _ = queue.add(request(2, .high, at: 2 * age))
        // As urgent as the other by now, and earlier.
        #expect(queue.next(at: 2 * age).ids == [1])
    }

    @Test func requestsOfOneKindShareARunAsFarAsEachAllows() {
        var queue = RequestQueue()
        for one in [
            request(1, batch: 8), request(2, batch: 8), request(3, batch: 8, instance: 2), request(4), request(5, rows: 3, batch: 5), request(6, batch: 8),
        ] { _ = queue.add(one) }
        // 1 + 1 + 3 rows are the five that number 5 allows; number 6 is one too many.
        #expect(queue.next(at: 0).ids == [1, 2, 5])
        #expect(queue.next(at: 0).ids == [3])
        #expect(queue.next(at: 0).ids == [4])
        #expect(queue.next(at: 0).ids == [6])
    }

    @Test func aRunWaitsForCompanyAndNoLonger() {
        var queue = RequestQueue()
        _ = queue.add(request(1, batch: 3, wait: 100, at: 10))
        #expect(queue.next(at: 10) == .wait(until: 110))
        _ = queue.add(request(2, batch: 3, wait: 100, at: 50))
        #expect(queue.next(at: 50) == .wait(until: 110))
        // Another model does not wait for them.
        _ = queue.add(request(3, .low, at: 55, instance: 2))
        #expect(queue.next(at: 60).ids == [3])
        _ = queue.add(request(4, batch: 3, wait: 100, at: 60))
        #expect(queue.next(at: 60).ids == [1, 2, 4])
        _ = queue.add(request(5, batch: 3, wait: 100, at: 60))
        #expect(queue.next(at: 159) == .wait(until: 160))
        #expect(queue.next(at: 160).ids == [5])
        // One that does not wait takes along who does.
        _ = queue.add(request(6, batch: 9, wait: 1000, at: 200))
        _ = queue.add(request(7, batch: 9, wait: 0, at: 200))
        #expect(queue.next(at: 200).ids == [6, 7])
    }

    @Test func whoIsLessUrgentGivesWayWhenTheQueueIsFull() {
        var queue = RequestQueue(limit: 3)
        for one in [request(1, .low, at: 1), request(2, .low, at: 2), request(3, .high, at: 3)] { #expect(queue.add(one) == .queued) }
        #expect(queue.add(request(4, .low, at: 4)) == .full)
        #expect(queue.add(request(5, at: 5)) == .insteadOf(2))
        #expect(queue.add(request(6, .ultraHigh, at: 6)) == .insteadOf(1))
        #expect(queue.add(request(7, at: 7)) == .full)
        #expect(queue.waiting.map(\.id) == [3, 5, 6])
    }

    @Test func whoseTimeIsOverIsTakenOut() {
        var queue = RequestQueue()
        for one in [request(1, deadline: 10), request(2, deadline: 20), request(3)] { _ = queue.add(one) }
        #expect(queue.nextDeadline == 10 && queue.expired(at: 9).isEmpty)
        #expect(queue.expired(at: 10) == [1] && queue.nextDeadline == 20)
        #expect(queue.remove(2) && !queue.remove(2) && !queue.remove(1))
        #expect(queue.waiting.map(\.id) == [3])
    }

    /// Whatever comes, everybody is told once, and no run is larger than its members allow.
    @Test func nobodyIsLostNorServedTwice() {
        for seed in UInt64(0)..<200 {
            var generator = SeededGenerator(seed: seed)
            var queue = RequestQueue(limit: 20)
            var open: Set<UInt64> = []
            var now: UInt64 = 0
            for id in UInt64(1)...300 {
                now += UInt64(generator.below(50))
                let rows = 1 + generator.below(4)
                let one = request(
                    id, RequestPriority.allCases[generator.below(4)], rows: rows, batch: 1 + generator.below(12), wait: UInt64(generator.below(120)), at: now,
                    deadline: now + UInt64(generator.below(400)), instance: 1 + generator.below(3))
                switch queue.add(one) {
                case .queued: open.insert(id)
                case .full: break
                case .insteadOf(let other):
                    #expect(open.remove(other) != nil)
                    open.insert(id)
                }
                if generator.below(10) == 0, let some = open.min() {
                    let isGone = queue.remove(some)
                    #expect(isGone)
                    open.remove(some)
                }
                for gone in queue.expired(at: now) { #expect(open.remove(gone) != nil) }
                for _ in 0..<generator.below(3) {
                    guard case .run(let run) = queue.next(at: now) else { break }
                    for member in run { #expect(open.remove(member.id) != nil) }
                    let rows = run.reduce(0) { $0 + $1.rows }
                    #expect(run.count == 1 || run.allSatisfy { rows <= $0.batchRows && $0.key == run[0].key })
                }
            }
            #expect(Set(queue.waiting.map(\.id)) == open && queue.waiting.count == open.count)
        }
    }
}
