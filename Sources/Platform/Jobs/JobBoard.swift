internal import Federation
internal import Storage

/// The open jobs as the queue has them in memory, and which is the next. Decides, and does nothing: the store has the last word
/// of every one.
struct JobBoard {
    struct Entry {
        var id: String
        var tenant: String
        var type: JobType
        var service: String
        var priority: JobPriority
        /// When it came, or wanted to; a job that is tried again keeps its turn.
        var cameAt: Instant
        var eligibleAt: Instant
        var expiresAt: Instant
        /// Of one that is blocked: not looked at before. nil: it lacks nothing.
        var lookAt: Instant?
        /// Was running when the process ended.
        var isSuspect: Bool
        var unitsLeft: Int64?

        init(_ job: JobRecord) {
            (id, tenant, type, service, priority) = (job.id, job.tenant, job.type, job.service, job.priority)
            cameAt = max(job.createdAt, job.scheduledAt ?? job.createdAt)
            (eligibleAt, expiresAt) = (job.eligibleAt, job.expiresAt)
            isSuspect = job.crashes > 0
            unitsLeft = job.progress.total.map { max(0, $0 - job.progress.completed) }
        }
    }

    private(set) var waiting: [String: Entry] = [:]
    private(set) var running: [String: Entry] = [:]
    let settings: JobSettings

    init(settings: JobSettings) { self.settings = settings }

    var count: Int { waiting.count + running.count }

    // MARK: Changes

    mutating func wait(_ job: JobRecord, lookAt: Instant? = nil) {
        var entry = Entry(job)
        entry.lookAt = lookAt
        running[job.id] = nil
        waiting[job.id] = entry
    }

    mutating func run(_ job: JobRecord) {
        waiting[job.id] = nil
        running[job.id] = Entry(job)
    }

    mutating func progress(_ job: JobRecord) { if running[job.id] != nil { running[job.id] = Entry(job) } }

    mutating func remove(_ id: String) {
        waiting[id] = nil
        running[id] = nil
    }

    /// Blocked jobs are looked at again at once.
    mutating func look(_ type: JobType? = nil) {
        for (id, entry) in waiting where entry.lookAt != nil && (type == nil || entry.type == type) { waiting[id]?.lookAt = Instant(milliseconds: .min) }
    }

    // MARK: Choice

    /// The next job that may run, or that is to be looked at. A tenant that has less running goes first, so that nobody's
    /// thousand jobs hold up another's one. Within a tenant a class goes before the one below it as if its jobs had come
    /// `agingSeconds` earlier: the order among those that wait never changes, and everyone's turn comes.
    /// Two jobs that were running when the process ended are not run side by side: the one of them that ends it again
    /// takes no other with it.
    func next(_ now: Instant) -> Entry? {
        guard running.count < max(1, settings.runningMax) else { return nil }
        var (byType, byTenant, suspects): ([JobType: Int], [String: Int], Int) = ([:], [:], 0)
        for entry in running.values {
            byType[entry.type, default: 0] += 1
            byTenant[entry.tenant, default: 0] += 1
            suspects += entry.isSuspect ? 1 : 0
        }
        var best: (key: Key, entry: Entry)?
        for entry in waiting.values where entry.eligibleAt <= now && (entry.lookAt ?? now) <= now {
            guard byType[entry.type] ?? 0 < settings.limit(entry.type), !entry.isSuspect || suspects == 0 else { continue }
            let key = key(entry, byTenant[entry.tenant] ?? 0)
            if best.map({ key < $0.key }) ?? true { best = (key, entry) }
        }
        return best?.entry
    }

    struct Key: Comparable {
        var tenantRuns: Int
        var turn: Instant
        var id: String
        static func < (a: Key, b: Key) -> Bool { (a.tenantRuns, a.turn, a.id) < (b.tenantRuns, b.turn, b.id) }
    }

    private func key(_ entry: Entry, _ tenantRuns: Int) -> Key {
        let rank: Double =
            switch entry.priority {
            case .low: 0
            case .normal: 1
            case .high: 2
            }
        return Key(tenantRuns: tenantRuns, turn: entry.cameAt.adding(seconds: -rank * settings.agingSeconds), id: entry.id)
    }

    /// Jobs that have waited too long.
    func expired(_ now: Instant) -> [String] { waiting.values.filter { $0.expiresAt <= now }.map(\.id).sorted() }

    /// When something is due that is not due now; nil: nothing waits for a time.
    func nextInstant(_ now: Instant) -> Instant? {
        var next: Instant?
        for entry in waiting.values {
            for instant in [entry.eligibleAt, entry.expiresAt, entry.lookAt].compactMap({ $0 }) where instant > now { next = min(next ?? instant, instant) }
        }
        return next
    }

    // MARK: Estimates

    /// Units that come before a waiting job's end, its own last; those of the same type run `limit` at a time.
    func unitsBefore(_ id: String, usual: Double) -> (ahead: Double, own: Double)? {
        guard let own = waiting[id], own.lookAt == nil else { return nil }
        func units(_ entry: Entry) -> Double { entry.unitsLeft.map(Double.init) ?? usual }
        let ownKey = key(own, 0)
        let waitingAhead = waiting.values.filter { $0.type == own.type && $0.lookAt == nil && key($0, 0) < ownKey }
        let ahead = waitingAhead.reduce(0) { $0 + units($1) } + running.values.filter { $0.type == own.type }.reduce(0) { $0 + units($1) }
        return (ahead / Double(settings.limit(own.type)), units(own))
    }
}
