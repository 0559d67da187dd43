import Foundation
import Synchronization
package import WorkSharing

/// Threads that share work with whoever asks. A counter hands the parts out, so a slow thread holds nobody up; a thread
/// without work looks around for a moment and then sleeps.
package final class CrewThreads: Sendable {
    private let board = Board()
    private let workers: Int

    /// - Parameter workers: at least 1; one of them is the caller.
    package init(workers: Int, name: String) {
        self.workers = max(1, workers)
        for worker in 1..<max(1, workers) {
            let thread = Thread { [board] in board.help(worker) }
            thread.name = "\(name)-\(worker)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    deinit { board.dismiss() }

    /// Lives as long as it is held. While the threads are at one caller's work, another does its own alone.
    package var crew: Crew {
        guard workers > 1 else { return .alone }
        return Crew(workers: workers) { [self] count, work in
            guard count > 1, board.claim() else { return Crew.alone.forEach(count, work) }
            let job = Job(count, work)
            board.post(job)
            job.take(worker: 0)
            board.finish()
        }
    }
}

private final class Job: Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int
    private let work: Crew.Work

    init(_ count: Int, _ work: @escaping Crew.Work) {
        self.count = count
        self.work = work
    }

    /// Takes parts until none is left.
    func take(worker: Int) {
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < count else { return }
            work(number, worker)
        }
    }
}

/// What the caller and its helpers share.
private final class Board: @unchecked Sendable {
    /// How often a helper looks for a job before it sleeps: some tens of microseconds.
    private static let looks = 4000

    private let isClaimed = Atomic<Bool>(false)
    /// Grows by one with every job, and at the end.
    private let posted = Atomic<Int>(0)
    private let condition = NSCondition()
    // Guarded by `condition`.
    private var job: Job?
    private var helpers = 0
    private var isDismissed = false

    func claim() -> Bool { isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged }

    func post(_ job: Job) {
        condition.lock()
        self.job = job
        posted.wrappingAdd(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until no helper is at the job any more.
    func finish() {
        condition.lock()
        job = nil
        while helpers > 0 { condition.wait() }
        condition.unlock()
        isClaimed.store(false, ordering: .releasing)
    }

    func help(_ worker: Int) {
        var seen = 0
        while let job = next(&seen) {
            job.take(worker: worker)
            condition.lock()
            helpers -= 1
            if helpers == 0 { condition.broadcast() }
            condition.unlock()
        }
    }

    /// The next job, with its helper counted; nil at the end.
    private func next(_ seen: inout Int) -> Job? {
        var look = 0
        while look < Self.looks, posted.load(ordering: .acquiring) == seen { look += 1 }
        condition.lock()
        defer { condition.unlock() }
        while true {
            if isDismissed { return nil }
            seen = posted.load(ordering: .relaxed)
            if let job {
                helpers += 1
                return job
            }
            condition.wait()
        }
    }

    func dismiss() {
        condition.lock()
        isDismissed = true
        posted.wrappingAdd(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
    }
}
