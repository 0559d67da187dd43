import APIKit
import Synchronization
import Telemetry

/// What a request is worth when there are too many. Messages on control channels (unmasking among them) come first and are not limited
/// here: their channels are.
enum Worth: String, Sendable, CaseIterable {
    /// An update that somebody has trained for.
    case update
    /// What a client needs to take part: joining, models, heartbeats.
    case checkIn = "check_in"
    /// Looking and administering: who is turned away comes again and nothing is lost.
    case listing

    /// The part of all places that may be taken by requests of this worth and of less.
    var share: Double {
        switch self {
        case .update: 1
        case .checkIn: 0.75
        case .listing: 0.5
        }
    }
}

extension Endpoint {
    var worth: Worth {
        switch rate {
        case .federation: bodyLimitBytes > Limits.smallBodyBytes ? .update : .checkIn
        case .admission: .checkIn
        case .family, .page: .listing
        }
    }

    /// It looks something up and no more, so that an event loop may do it: to take it to another thread and back would cost more.
    var isSwift: Bool { method == "GET" && worth == .listing }
}

/// How many requests are being answered at once. One beyond is told to come again, before anything of it is read or looked up: what a
/// coordinator has begun it finishes in time, and what it cannot it says at once.
final class RequestLimit: Sendable {
    private let places: Int
    /// Listings are worked on, where others wait for bodies that come slowly: a few keep every core busy, and more of them only make
    /// one another late.
    private let listings: Int
    private let taken = Mutex((all: 0, listings: 0, kept: 0))
    private let metrics: Metrics

    init(places: Int, metrics: Metrics) {
        self.places = places
        self.metrics = metrics
        listings = max(2, places / 16)
        metrics.watch("tutti_requests_under_way") { [weak self] in Double(self?.taken.withLock { $0.all } ?? 0) }
    }

    /// - Returns: false: there is no room for a request of this worth; otherwise `leave` must follow.
    func enter(_ worth: Worth) -> Bool {
        let isTaken = taken.withLock { taken in
            guard hasRoom(worth, taken) else { return false }
            taken.all += 1
            if worth == .listing { taken.listings += 1 }
            return true
        }
        if !isTaken { isShed(worth) }
        return isTaken
    }

    /// Room for a request whose worth nobody has looked up yet; nil: a listing would be turned away now.
    func keepRoom() -> ListingRoom? {
        let isKept = taken.withLock { taken in
            guard taken.all + taken.kept < places(.listing), taken.listings + taken.kept < listings else { return false }
            taken.kept += 1
            return true
        }
        return isKept ? ListingRoom { [weak self] in self?.taken.withLock { $0.kept -= 1 } } : nil
    }

    func hasRoom(_ worth: Worth) -> Bool { taken.withLock { hasRoom(worth, $0) } }

    func isShed(_ worth: Worth) { metrics.add("tutti_requests_shed_total", [("class", worth.rawValue)]) }

    private func hasRoom(_ worth: Worth, _ taken: (all: Int, listings: Int, kept: Int)) -> Bool {
        taken.all < places(worth) && (worth != .listing || taken.listings < listings)
    }

    private func places(_ worth: Worth) -> Int { max(1, Int(Double(places) * worth.share)) }

    func leave(_ worth: Worth) {
        taken.withLock { taken in
            taken.all -= 1
            if worth == .listing { taken.listings -= 1 }
        }
    }
}

/// Room that is kept for a request, until this is let go of.
final class ListingRoom: Sendable {
    private let end: @Sendable () -> Void

    init(_ end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }
}

/// Memory for the bodies of requests that are under way: clients that all upload at once must not take more than there is.
final class BodyMemory: Sendable {
    let limitBytes: Int
    private let taken = Mutex(0)

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// false: there is not as much left now.
    func take(_ bytes: Int) -> Bool {
        taken.withLock { taken in
            guard bytes <= limitBytes - taken else { return false }
            taken += bytes
            return true
        }
    }

    func give(_ bytes: Int) { taken.withLock { $0 -= bytes } }
}
