/// What servers of others are believed and given, at most.
package enum UpstreamLimits {
    /// Between two looks at whether a server answers.
    package static let probeSeconds = 30.0
    package static let probeTimeoutSeconds = 5.0
    package static let probeBytes = 1 << 20
    /// Models in a server's list that are looked at.
    package static let listed = 10_000
    package static let nameBytes = 256
    /// Lists within lists in a server's JSON.
    package static let depth = 16
    package static let lineBytes = 1 << 20
    package static let events = 200_000
    package static let tokens: Int64 = 1 << 31
    /// Of a picture as a model gets it.
    package static let side = 1...2048
    package static let labels = 100_000
    package static let objects = 1000
    package static let retrySeconds = 5
}
