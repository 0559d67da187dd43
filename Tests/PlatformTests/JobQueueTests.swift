import Federation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Jobs from their request to their end, in one process.
@Suite struct JobQueueTests {
    private let done = TestRunner { job, context in
        try await context.progress(completed: 4, total: 4)
        return JobResult(content: Array("{\"name\":\"\(job.name)\"}".utf8), figures: ["units": 4])
    }

    @Test func aJobLeavesItsResultAndItsTrace() async throws {
        try await Shop.with([done]) { shop in
            let id = try await shop.submit(ask(name: "first"))
            #expect(id.hasPrefix("job_") && id.utf8.count == 36)
            try await shop.waitFor(id, .completed, step: 0)
            let job = try await shop.record(id)
            #expect(job.progress == JobProgress(completed: 4, total: 4) && job.figures == "{\"units\":4}" && job.log.first?.message == "Processing started")
            let (record, content) = try await shop.queue.result(id, tenant: "one")
            #expect(String(decoding: content, as: UTF8.self) == "{\"name\":\"first\"}" && record.bytes == content.count && record.digest.utf8.count == 64)
            let audit = try await (shop.store as? any AuditStore)?.audit(tenant: "one", after: 0, limit: 9).map(\.entry.action)
            #expect(audit == [.jobCreated, .artifactStored, .jobCompleted])
            #expect(shop.ended.all.map(\.id) == [id])
        }
    }

    @Test func anotherTenantFindsNothing() async throws {
        try await Shop.with([done]) { shop in
            let id = try await shop.submit(ask())
            try await shop.waitFor(id, .completed)
            await #expect(throws: JobFailure.notFound("job \(id)")) { _ = try await shop.queue.job(id, tenant: "two") }
            await #expect(throws: JobFailure.notFound("job \(id)")) { _ = try await shop.queue.cancel(id, tenant: "two", actor: "x") }
            await #expect(throws: JobFailure.notFound("job \(id)")) { _ = try await shop.queue.result(id, tenant: "two") }
            #expect(try await shop.queue.jobs(tenant: "two", state: nil, offset: 0, limit: 10) == JobListing(jobs: [], total: 0))
            #expect(try await shop.queue.counts(tenant: "two", finishedSince: nil).isEmpty)
            #expect(try await shop.queue.counts(tenant: nil, finishedSince: nil) == [.completed: 1])
        }
    }

    @Test func whatIsAskedForIsLookedAt() async throws {
        try await Shop.with([done]) { shop in
            func field(_ request: JobRequest) async -> String? {
                do {
                    _ = try await shop.queue.submit(request, tenant: "one", actor: "x")
                    return nil
                } catch {
                    if case .invalid(let field, _, _) = error { return field }
                    return "\(error)"
                }
            }
            #expect(await field(ask(name: "")) == "name")
            #expect(await field(ask(name: String(repeating: "é", count: 65))) == "name")
            #expect(await field(ask(.batchProcessing)) == "service")
            var request = JobRequest(name: "a", type: .batchProcessing, service: "quantum")
            #expect(await field(request) == "service")
            request.service = "nlp"
            #expect(await field(request) == "parameters.input_source")
            for source in ["http://x", "../x", "ftp://x", "", "a b"] {
                request.parameters = ["input_source": .string(source)]
                #expect(await field(request) == "parameters.input_source", "\(source)")
            }
            request.parameters = ["input_source": "s3://bucket/images/", "output_format": "xml"]
            #expect(await field(request) == "parameters.output_format")
            request.parameters = ["input_source": "s3://bucket/images/", "big": .string(String(repeating: "x", count: 65 << 10))]
            #expect(await field(request) == "parameters")
            request.parameters = ["input_source": "files/a.csv", "output_format": "csv"]
            #expect(await field(request) == nil)
            for seconds in [0, -1, .nan, .infinity, 1e12] {
                request.maxWaitSeconds = seconds
                #expect(await field(request) == "max_wait")
            }
            request.maxWaitSeconds = nil
            request.scheduledAt = Instant(milliseconds: .max)
            #expect(await field(request) == "scheduled_at")
            request.scheduledAt = nil
            request.idempotencyKey = ""
            #expect(await field(request) == "Idempotency-Key")
        }
    }

    @Test func theSameRequestAgainIsTheSameJob() async throws {
        try await Shop.with([done]) { shop in
            var request = ask()
            request.idempotencyKey = "k"
            let first = try await shop.queue.submit(request, tenant: "one", actor: "x")
            let again = try await shop.queue.submit(request, tenant: "one", actor: "x")
            #expect(first.isNew && !again.isNew && first.job.record.id == again.job.record.id)
            #expect(try await shop.queue.submit(request, tenant: "two", actor: "x").isNew, "a key is a tenant's own")
            var other = request
            other.name = "other"
            await #expect(throws: JobFailure.self) { _ = try await shop.queue.submit(other, tenant: "one", actor: "x") }
            shop.clock.advance(86_401)
            #expect(try await shop.queue.submit(other, tenant: "one", actor: "x").isNew, "a day later it is forgotten")
        }
    }

    @Test func aScheduledJobBeginsAtItsTime() async throws {
        try await Shop.with([done]) { shop in
            let at = shop.clock.now.adding(seconds: 3600)
            var request = ask()
            request.scheduledAt = at
            let id = try await shop.submit(request)
            let marker = try await shop.submit(ask())
            try await shop.waitFor(marker, .completed, step: 0)
            shop.clock.set(Instant(milliseconds: at.milliseconds - 1))
            let second = try await shop.submit(ask())
            try await shop.waitFor(second, .completed, step: 0)
            #expect(try await shop.record(id).state == .queued)
            shop.clock.set(at)
            try await shop.waitFor(id, .completed, step: 0)
            #expect(try await shop.record(id).startedAt == at)
            request.scheduledAt = Instant(milliseconds: 5)
            let past = try await shop.submit(request)
            try await shop.waitFor(past, .completed, step: 0)
        }
    }

    @Test func aTypeWithoutARunnerWaitsAndBeginsByItself() async throws {
        try await Shop.with([done]) { shop in
            let id = try await shop.submit(ask(.annealing))
            try await shop.wait(step: 0, for: "the blocker") { try await !shop.record(id).blockedBy.isEmpty }
            let job = try await shop.record(id)
            #expect(job.state == .queued && job.blockedBy.map(\.what) == ["not_built"] && job.blockedBy.first?.asked == "annealing/annealer")
            #expect(job.blockedBy.first?.have == "report")
            await shop.queue.register(TestRunner(.annealing) { _, _ in JobResult(content: []) })
            try await shop.waitFor(id, .completed, step: 0)
            #expect(try await shop.record(id).blockedBy.isEmpty)
        }
    }

    @Test func aJobBeginsWhenWhatItLacksIsThere() async throws {
        let model = Gate()
        var runner = done
        runner.lacks = { _ in model.isOpen ? [] : [JobBlocker(what: "model", field: "parameters.model", asked: "m", have: "none", fix: "upload it")] }
        try await Shop.with([runner]) { shop in
            let id = try await shop.submit(ask())
            try await shop.wait(step: 0, for: "the blocker") { try await shop.record(id).blockedBy.map(\.what) == ["model"] }
            model.open()
            await shop.queue.look(again: nil)
            try await shop.waitFor(id, .completed, step: 0)
            let late = Gate()
            var second = runner
            second.lacks = { _ in late.isOpen ? [] : [JobBlocker(what: "input", field: "f", asked: "a", have: "none", fix: "x")] }
            await shop.queue.register(second)
            let waits = try await shop.submit(ask())
            try await shop.wait(step: 0, for: "the blocker") { try await !shop.record(waits).blockedBy.isEmpty }
            late.open()
            try await shop.waitFor(waits, .completed, step: 1)
        }
    }

    @Test func whoWaitsTooLongFails() async throws {
        try await Shop.with([done]) { shop in
            var request = ask(.annealing)
            request.maxWaitSeconds = 5
            let id = try await shop.submit(request)
            try await shop.waitFor(id, .failed)
            #expect(try await shop.record(id).error?.code == "wait_exceeded")
        }
    }

    @Test func aQueuedJobIsCancelledAtOnceAndARunningOneAtItsNextCheckpoint() async throws {
        let (begun, abandoned) = (Gate(), Notes<[UInt8]?>())
        var runner = TestRunner { _, context in
            try await context.save([7], completed: 1, total: nil)
            begun.open()
            while true { try await context.wait(seconds: 0.5) }
        }
        runner.abandoned = { abandoned.add($1) }
        try await Shop.with([runner], settings: Shop.settings { $0.runningMax = 1 }) { shop in
            let running = try await shop.submit(ask())
            try await shop.wait(step: 0, for: "the run") { begun.isOpen }
            let waiting = try await shop.submit(ask())
            #expect(try await shop.queue.cancel(waiting, tenant: "one", actor: "me").record.state == .cancelled)
            #expect(abandoned.all.isEmpty, "nothing was begun")
            _ = try await shop.queue.cancel(running, tenant: "one", actor: "me")
            try await shop.waitFor(running, .cancelled)
            #expect(abandoned.all == [[7]])
            for id in [running, waiting] {
                await #expect(throws: JobFailure.conflict("\(id) is cancelled already")) { _ = try await shop.queue.cancel(id, tenant: "one", actor: "me") }
                await #expect(throws: JobFailure.self) { _ = try await shop.queue.result(id, tenant: "one") }
            }
            let actions = try await (shop.store as? any AuditStore)?.audit(tenant: "one", after: 0, limit: 9).map(\.entry.action)
            #expect(actions == [.jobCreated, .jobCreated, .jobCancelled, .jobCancelRequested, .jobCancelled])
        }
    }

    @Test func errorsAreTriedAgainAndMistakesAreNot() async throws {
        struct Odd: Error {}
        let tries = Notes<String>()
        let runner = TestRunner { job, context in
            tries.add(job.name)
            switch job.name {
            case "twice" where tries.all.count(where: { $0 == "twice" }) < 3: throw Odd()
            case "never": throw JobRunError("bad", "it cannot be done", mayRetry: false)
            case "always": throw JobRunError("down", "not now", mayRetry: true)
            case "stops": throw JobStop.cancelled
            case "large": try await context.save([UInt8](repeating: 0, count: 65 << 10 + 1), completed: 0, total: nil)
            default: break
            }
            return JobResult(content: [])
        }
        try await Shop.with([runner]) { shop in
            var ids: [String: String] = [:]
            for name in ["twice", "never", "always", "stops", "large"] { ids[name] = try await shop.submit(ask(name: name)) }
            try await shop.wait(for: "all ends") {
                try await shop.queue.counts(tenant: "one", finishedSince: nil)[.queued, default: 0] == 0 && shop.ended.all.count == 5
            }
            func job(_ name: String) async throws -> JobRecord { try await shop.record(try #require(ids[name])) }
            #expect(try await job("twice").state == .completed)
            #expect(try await job("never").error == JobProblem(code: "bad", message: "it cannot be done"))
            #expect(try await job("always").error?.code == "down")
            #expect(try await job("stops").error?.code == "internal_error")
            #expect(try await job("large").error?.code == "checkpoint_too_large")
            let counts = Dictionary(grouping: tries.all, by: \.self).mapValues(\.count)
            #expect(counts == ["twice": 3, "never": 1, "always": 3, "stops": 3, "large": 1])
            let log = try await job("twice").log
            #expect(log.contains { $0.level == .warning } && !log.contains { $0.message.contains("Odd") }, "what an unknown error says may be a secret")
        }
    }

    @Test func aDrainedJobGoesOnInTheNextProcess() async throws {
        let (store, clock, gate) = (MemoryStore(suite: .system), TestClock(), Gate())
        let seen = Notes<[UInt8]?>()
        let runner = TestRunner { _, context in
            seen.add(context.checkpoint)
            try await context.save([5], completed: 5, total: 9)
            while !gate.isOpen { try await context.wait(seconds: 1) }
            return JobResult(content: [1])
        }
        var id = ""
        try await Shop.with([runner], store: store, clock: clock) { shop in
            id = try await shop.submit(ask())
            try await shop.wait(step: 0, for: "the checkpoint") { try await shop.record(id).progress.completed == 5 }
        }
        let between = try #require(try await store.job(id, tenant: "one"))
        #expect(between.state == .queued && between.crashes == 0 && between.progress.completed == 5)
        gate.open()
        try await Shop.with([runner], store: store, clock: clock) { shop in
            try await shop.waitFor(id, .completed)
            #expect(try await shop.record(id).attempts == 2)
        }
        #expect(seen.all == [nil, [5]])
    }

    /// Nothing is said before something was measured; then the units before the end times what one took.
    @Test func estimatesComeFromWhatWasMeasured() async throws {
        let clock = TestClock()
        let hold = Gate()
        let runner = TestRunner { job, context in
            if job.name == "held" { while !hold.isOpen { try await context.wait(seconds: 1) } }
            for unit in 1...5 as ClosedRange<Int64> {
                if job.name == "measured" { clock.advance(2) }
                try await context.progress(completed: unit, total: 5)
            }
            return JobResult(content: [])
        }
        try await Shop.with([runner], clock: clock, settings: Shop.settings { $0.typeMax = [.report: 1] }) { shop in
            let first = try await shop.queue.submit(ask(name: "measured"), tenant: "one", actor: "x")
            #expect(first.job.estimatedCompletion == nil)
            try await shop.waitFor(first.job.record.id, .completed, step: 0)
            let held = try await shop.submit(ask(name: "held"))
            try await shop.waitFor(held, .running, step: 0)
            let (now, own, held5) = (shop.clock.now, 10.0, 10.0)
            let waiting = try await shop.queue.submit(ask(name: "next"), tenant: "one", actor: "x").job
            #expect(waiting.estimatedCompletion == now.adding(seconds: held5 + own))
            // Of two of one instant either may be first.
            shop.clock.advance(1)
            let third = try await shop.queue.submit(ask(name: "third"), tenant: "one", actor: "x").job
            #expect(third.estimatedCompletion == now.adding(seconds: 1 + held5 + 2 * own))
            #expect(try await shop.queue.submit(ask(.annealing), tenant: "one", actor: "x").job.estimatedCompletion == nil)
            hold.open()
            try await shop.waitFor(third.record.id, .completed)
            #expect(try await shop.queue.job(third.record.id, tenant: "one").estimatedCompletion == nil)
        }
    }

    /// Two queues on one store: the older one is not listened to.
    @Test func whoWasTakenOverIsNotListenedTo() async throws {
        let (store, clock) = (MemoryStore(suite: .system), TestClock())
        let (gate, outcomes) = (Gate(), Notes<String>())
        let runner = TestRunner { _, context in
            while !gate.isOpen { try await context.wait(seconds: 1) }
            do { try await context.save([1], completed: 1, total: 1) } catch {
                outcomes.add("\(error)")
                throw error
            }
            return JobResult(content: [])
        }
        try await Shop.with([runner], store: store, clock: clock) { old in
            let id = try await old.submit(ask())
            try await old.waitFor(id, .running)
            let finishing = TestRunner { _, _ in JobResult(content: [2]) }
            try await Shop.with([finishing], store: store, clock: clock) { new in
                try await new.waitFor(id, .completed)
                gate.open()
                try await new.wait(for: "the old run") { outcomes.all == ["superseded"] }
                #expect(try await new.queue.result(id, tenant: "one").content == [2])
                #expect(try await new.record(id).crashes == 1)
            }
        }
    }

    @Test func listingsHavePagesAndTotals() async throws {
        try await Shop.with([done]) { shop in
            var ids: [String] = []
            for index in 0..<7 {
                shop.clock.advance(1)
                ids.append(try await shop.submit(ask(index < 5 ? .report : .annealing)))
            }
            try await shop.wait(for: "five ends") { shop.ended.all.count == 5 }
            let page = try await shop.queue.jobs(tenant: "one", state: nil, offset: 1, limit: 3)
            #expect(page.total == 7 && page.jobs.map(\.record.id) == Array(ids.reversed()[1..<4]))
            #expect(try await shop.queue.jobs(tenant: "one", state: .queued, offset: 0, limit: 100).jobs.map(\.record.id) == [ids[6], ids[5]])
            #expect(try await shop.queue.jobs(tenant: "one", state: .completed, offset: 9, limit: 100) == JobListing(jobs: [], total: 5))
            for (offset, limit) in [(0, 0), (0, 101), (-1, 5), (.max, 5)] {
                await #expect(throws: JobFailure.self) { _ = try await shop.queue.jobs(tenant: "one", state: nil, offset: offset, limit: limit) }
            }
        }
    }
}
