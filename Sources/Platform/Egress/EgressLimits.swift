/// What is asked of places outside, at most.
package enum EgressLimits {
    package static let urlBytesMax = 2048
    static let hostBytesMax = 253
    /// Addresses of one name; more are nobody's server.
    static let addressesMax = 32
    /// To one address; the next one is tried then.
    static let connectSeconds = 10.0
}
