import NIOCore

/// Runs tasks on the event loop of a connection, so that a call goes from its first byte to its last on one thread: to hand it to a thread
/// of the pool and back costs more than most calls.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
