/// How many operations of each tenant are under way.
package struct ConcurrencyLimit: Sendable {
    /// One operation that has begun. Ending it twice ends it once.
    package struct Operation: Sendable, Hashable {
        package let tenant: String
        fileprivate let number: UInt64
    }

    private var last: UInt64 = 0
    private var running: Set<Operation> = []
    private var counts: [String: Int] = [:]

    package init() {}

    package func count(_ tenant: String) -> Int { counts[tenant] ?? 0 }

    /// nil: the tenant has as many under way as it may.
    package mutating func begin(_ tenant: String, limit: Int) -> Operation? {
        guard count(tenant) < limit else { return nil }
        last &+= 1
        let operation = Operation(tenant: tenant, number: last)
        running.insert(operation)
        counts[tenant, default: 0] += 1
        return operation
    }

    package mutating func end(_ operation: Operation) {
        guard running.remove(operation) != nil else { return }
        let left = count(operation.tenant) - 1
        counts[operation.tenant] = left > 0 ? left : nil
    }
}
