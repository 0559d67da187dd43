/// Who is signed in. Kept in memory alone: a restart signs everybody out.
package struct SignIns: Sendable {
    package struct SignIn: Sendable, Equatable {
        var tenant: String
        /// The public part of the key.
        var keyID: String
        /// What every form of this person's pages carries.
        var csrf: String
        var began: Int64
        var used: Int64

        package init(tenant: String, keyID: String, csrf: String, began: Int64, used: Int64) {
            (self.tenant, self.keyID, self.csrf, self.began, self.used) = (tenant, keyID, csrf, began, used)
        }
    }
    /// By the hash of the cookie's value.
    private var all: [[UInt8]: SignIn] = [:]

    package init() {}

    package var count: Int { all.count }

    /// - Parameter hash: of an id that was drawn for this.
    package mutating func open(_ hash: [UInt8], _ signIn: SignIn) {
        let now = signIn.began
        for (key, old) in all where !Self.isGood(old, now) { all[key] = nil }
        while all.count >= Limits.signIns, let oldest = all.min(by: { ($0.value.used, $0.value.csrf) < ($1.value.used, $1.value.csrf) }) {
            all[oldest.key] = nil
        }
        all[hash] = signIn
    }

    /// - Parameter isUse: whether a person asked; what a page asks for by itself keeps nobody signed in.
    package mutating func find(_ hash: [UInt8], now: Int64, isUse: Bool) -> SignIn? {
        guard let found = all[hash] else { return nil }
        guard Self.isGood(found, now) else {
            all[hash] = nil
            return nil
        }
        if isUse { all[hash]?.used = max(found.used, now) }
        return found
    }

    package mutating func close(_ hash: [UInt8]) { all[hash] = nil }

    /// A clock that was set back ends a sign-in: nobody knows then how old it is.
    private static func isGood(_ signIn: SignIn, _ now: Int64) -> Bool {
        func isWithin(_ since: Int64, _ limit: Int64) -> Bool {
            let (age, overflow) = now.subtractingReportingOverflow(since)
            return !overflow && age >= -60_000 && age < limit
        }
        return isWithin(signIn.used, Limits.idleMilliseconds) && isWithin(signIn.began, Limits.longestMilliseconds)
    }
}
