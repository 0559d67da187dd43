/// What this room takes from outside or sends back of it, at most.
enum Limits {
    static let nameBytes = 128
    /// Of one value that an error repeats.
    static let echoedBytes = 240
    /// Notices of one object; the rest is counted.
    static let notices = 32
    static let noticeNameBytes = 80
    static let entityTags = 64
    /// Elements of a list or members of a map whose field says no other number.
    static let listElements = 1000
    static let timestampBytes = 40
    /// Of a field of a form that is no file.
    static let formTextBytes = 4096
}

/// The usual largest body of an endpoint that takes JSON.
package let jsonBodyBytes = 1 << 20
