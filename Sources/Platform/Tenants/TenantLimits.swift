/// Every bound of tenants.
enum TenantLimits {
    /// Tenants that are not erased.
    static let tenants = 10_000
    static let nameCharacters = 128
    static let hostNameBytes = 253
    static let hostLabelBytes = 63
    /// Goals or capabilities in one request; there are fewer of each.
    static let listed = 64
    /// Of a value that an error repeats.
    static let echoed = 80
    static let page = 1000
    /// Records kept in memory; beyond that they are asked of the store.
    static let cached = 10_000
}
