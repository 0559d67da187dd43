internal import Federation
internal import Learning

/// What was sent, to be sent again: the last few of each kind.
struct Archive {
    private(set) var uploads = Last<Upload>()
    private(set) var frames = Last<(client: Int, isToClient: Bool, bytes: [UInt8])>()

    mutating func keep(_ upload: Upload) { uploads.append(upload) }

    mutating func keep(_ client: Int, isToClient: Bool, _ bytes: [UInt8]) { frames.append((client, isToClient, bytes)) }

    /// The last few of what was appended, in that order; the newest takes the place of the oldest.
    struct Last<Item> {
        private var items: [Item] = []
        private var oldest = 0
        private static var most: Int { 48 }

        var count: Int { items.count }
        var isEmpty: Bool { items.isEmpty }

        subscript(place: Int) -> Item { items[(oldest + place) % items.count] }

        mutating func append(_ item: Item) {
            guard items.count == Self.most else { return items.append(item) }
            items[oldest] = item
            oldest = (oldest + 1) % Self.most
        }
    }
}

// What goes wrong: planned from the seed at the beginning, healed at the end.
extension World {
    static let slowFactor: Int64 = 50
    /// After so long a request without an answer has failed.
    static let requestTimeout: Int64 = 300
    private static let partitionLength: ClosedRange<Int64> = 100...1500
    private static let fullLength: ClosedRange<Int64> = 100...1200

    mutating func planFaults() {
        plan(.coordinatorStarts, in: 0)
        let late = max(0, clients.count - faults.lateJoiners)
        for client in clients.indices {
            plan(.clientStarts(client), in: client < late ? pick(0...199) : pick(500...max(500, faults.until * 3 / 4)))
        }
        guard faults != .none else { return }
        let span = 0...max(1, faults.until - 1)
        for _ in 0..<faults.coordinatorCrashes { plan(.coordinatorCrashes, in: pick(span)) }
        for _ in 0..<faults.clientCrashes { plan(.clientCrashes(weather.below(clients.count)), in: pick(span)) }
        for _ in 0..<faults.brokenLinks { plan(.linkBreaks(weather.below(clients.count)), in: pick(span)) }
        for _ in 0..<faults.partitions { plan(.partitionBegins, in: pick(span)) }
        for _ in 0..<faults.replays { plan(.replay, in: pick(span)) }
        for _ in 0..<faults.fullDisks { plan(.diskFills, in: pick(span)) }
        for number in 0..<faults.neighbours { plan(.neighbourPays(number), in: pick(span)) }
        if faults.clockJumps > 0 {
            coordinatorAhead = pick(-3_600_000...3_600_000)
            for client in clients.indices { clients[client].ahead = pick(-3_600_000...3_600_000) }
            for _ in 0..<faults.clockJumps { plan(.clockJumps, in: pick(span)) }
        }
        for gone in 0..<min(faults.dropouts, clients.count) {
            clients[gone].staysAway = true
            plan(.clientCrashes(gone), in: pick(span))
        }
        if let stop = configuration.stopAt { plan(.operatorStops, in: stop) }
        plan(.healed, in: faults.until)
    }

    mutating func heal() {
        note("healed", 0)
        let until = faults.until
        faults = .none
        faults.until = until
        if coordinator == nil { plan(.coordinatorStarts, in: 1) }
        for index in clients.indices {
            clients[index].staysAway = false
            if !clients[index].isUp { plan(.clientStarts(index), in: 1) }
        }
    }

    /// A stretch of bad time that begins now and is over when all is healed.
    private mutating func stretch(_ length: ClosedRange<Int64>) -> Int64 { min(now + pick(length), faults.until) }

    // MARK: Network

    /// Some of the clients are cut off. What is sent on an open channel waits for the network to come back, unless the
    /// channel is given up before; requests and their answers are lost.
    mutating func beginPartition() {
        let end = stretch(Self.partitionLength)
        let direction = weather.below(3)
        for client in clients.indices where weather.below(2) == 0 {
            note("cut off", client)
            if direction != 1 { clients[client].cutToCoordinatorUntil = max(clients[client].cutToCoordinatorUntil, end) }
            if direction != 0 { clients[client].cutToClientUntil = max(clients[client].cutToClientUntil, end) }
            if let link = clients[client].link, weather.below(2) == 0 { breakLink(link, noticed: 100...2000) }
        }
    }

    mutating func networkDelay() -> Int64 {
        let delay = pick(faults.delay)
        return happens(faults.straggle) ? 20 * delay : delay
    }

    /// Whether a request that should arrive now got lost on its way.
    mutating func isLost(from client: Int) -> Bool { now < clients[client].cutToCoordinatorUntil || happens(faults.loss) }

    /// Sends an answer back to a client; one that gets lost shows as a failure after a while.
    mutating func reply(to client: Int, _ answer: WorldEvent, orLost lost: WorldEvent) {
        if now < clients[client].cutToClientUntil || happens(faults.loss) { return plan(lost, in: Self.requestTimeout) }
        plan(answer, in: networkDelay())
    }

    /// Both ends learn of it, each in its own time; what is under way is lost.
    mutating func breakLink(_ link: Int, noticed: ClosedRange<Int64>? = nil) {
        guard !links[link].isBroken else { return }
        links[link].isBroken = true
        plan(.linkClosedAtCoordinator(link), in: noticed.map { pick($0) } ?? networkDelay())
        plan(.linkClosedAtClient(link), in: noticed.map { pick($0) } ?? networkDelay())
    }

    /// When a frame that is sent now arrives. Frames keep their order, unless the weather says otherwise.
    mutating func frameTime(_ link: Int, toClient: Bool) -> Int64 {
        let client = links[link].client
        let open = max(now, toClient ? clients[client].cutToClientUntil : clients[client].cutToCoordinatorUntil)
        let earliest = open + networkDelay()
        if happens(faults.reordering) { return earliest - now }
        let before = toClient ? links[link].latestToClient : links[link].latestToCoordinator
        let time = max(earliest, before)
        if toClient { links[link].latestToClient = time } else { links[link].latestToCoordinator = time }
        return time - now
    }

    /// Something that was sent before arrives again: an upload with nobody behind it, or a frame in today's channel.
    mutating func replay() {
        if !archive.uploads.isEmpty, weather.below(2) == 0 {
            var upload = archive.uploads[weather.below(archive.uploads.count)]
            upload.isStray = true
            note("replayed upload", upload.client)
            return plan(.uploadArrives(upload), in: networkDelay())
        }
        guard !archive.frames.isEmpty else { return }
        let frame = archive.frames[weather.below(archive.frames.count)]
        guard let link = clients[frame.client].link, !links[link].isBroken else { return }
        note("replayed frame", frame.client)
        plan(
            frame.isToClient ? .frameToClient(link: link, frame.bytes) : .frameToCoordinator(link: link, frame.bytes),
            in: frameTime(link, toClient: frame.isToClient))
    }

    // MARK: Clocks and disks

    /// Some clock is set forward or back. Timers that run already are not touched, as in production.
    mutating func jumpClock() {
        let step = pick(-2000...2000)
        clockSteps += abs(step)
        let who = weather.below(2 * clients.count)
        note("clock set", who)
        if who < clients.count {
            clients[who].ahead += step
        } else {
            coordinatorAhead += step
            if step < 0 { checker.clockSetBack(by: -step) }
        }
    }

    mutating func fillDisk() {
        let end = stretch(Self.fullLength)
        let who = weather.below(2 * clients.count)
        note("disk full", who)
        if who < clients.count {
            clients[who].diskIsFullUntil = max(clients[who].diskIsFullUntil, end)
        } else {
            diskIsFullUntil = max(diskIsFullUntil, end)
        }
    }

    /// How long a write takes.
    mutating func writeTime() -> Int64 {
        let time = pick(configuration.disk)
        return happens(faults.slowWrite) ? Self.slowFactor * time : time
    }
}
