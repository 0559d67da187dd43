/// What this room takes from outside or sends back of it, at most.
enum Limits {
    static let nameBytes = 128
    /// Of one value that an error repeats.
    static let echoedBytes = 240
    /// Notices of one object; the rest is counted.
    static let notices = 32
    static let noticeNameBytes = 80
    static let entityTags = 64
}
