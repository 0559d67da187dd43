import Dispatch
import InProcessFederation
import Synchronization

extension Crew {
    /// So many threads take the work in turn.
    static func threads(_ count: Int) -> Crew {
        if count == 1 { return .alone }
        return Crew(workers: count) { total, work in
            let next = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: count) { worker in
                while true {
                    let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard number < total else { return }
                    work(number, worker)
                }
            }
        }
    }
}
