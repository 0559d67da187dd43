/// What the services for pictures take on, at most.
package enum VisionServiceLimits {
    /// Pictures that may wait. One is taken apart at a time: the largest needs some 500 MB while that lasts.
    package static let waiting = 8
    /// Of a model's file that is looked at for digits.
    static let modelBytes = 16 << 20
    /// Models of a tenant that are looked at, and kept in memory of all tenants.
    static let modelsLookedAt = 32
    static let modelsKept = 64

    /// Of a picture in which text is looked for.
    package static let readPixels = 16_000_000
    package static let readSeconds = 30.0
    static let readMemoryKiB = 1 << 20
    static let readOutputBytes = 4 << 20
    package static let words = 2000
    static let wordBytes = 256
}
