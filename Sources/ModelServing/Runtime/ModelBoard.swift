/// A tenant's model.
package struct ModelKey: Hashable, Sendable {
    package var tenant: String
    package var id: String
    package init(tenant: String, id: String) { (self.tenant, self.id) = (tenant, id) }
}

/// Which models lie in memory, and which room they have. A value: it loads nothing, it says what may be loaded and what is to be
/// given up.
///
/// An instance is `loading → ready → unloading`, and gone when nobody computes with it any more; a load that fails is gone at once. A key
/// has at most one instance that loads and one that is ready: the old one answers until the new one is ready, and both have their
/// room until then.
package struct ModelBoard: Sendable {
    package enum Phase: String, Sendable, CaseIterable {
        /// → ready, or gone with its reason.
        case loading
        /// → unloading.
        case ready
        /// Calls that have it go on; no new one gets it. → gone.
        case unloading
    }

    package struct Instance: Sendable, Equatable {
        package let number: Int
        package let key: ModelKey
        package fileprivate(set) var phase = Phase.loading
        /// Of its file while it loads, then of its weights.
        package fileprivate(set) var bytes: Int
        /// Calls that have it.
        package fileprivate(set) var calls = 0
    }

    package enum LoadDecision: Sendable, Equatable {
        case begin(instance: Int)
        /// It is ready, and nobody asked to have it anew.
        case ready(instance: Int)
        /// Somebody loads it already.
        case loading(instance: Int)
        case noRoom(neededBytes: Int, freeBytes: Int, budgetBytes: Int)
        case tooMany(limit: Int)
    }

    package enum Loaded: Sendable, Equatable {
        /// It answers from now on. These are to be given up.
        case ready(gone: [Int])
        /// In memory it is larger than its file said, and there is no room for it.
        case noRoom(neededBytes: Int, freeBytes: Int, budgetBytes: Int)
        /// It was asked to go while it loaded.
        case unwanted
    }

    package let budgetBytes: Int
    private let limit: Int
    private var instances: [Int: Instance] = [:]
    private var loading: [ModelKey: Int] = [:]
    private var ready: [ModelKey: Int] = [:]
    private var nextNumber = 1

    package init(budgetBytes: Int, limit: Int = RuntimeLimits.models) {
        self.budgetBytes = max(0, budgetBytes)
        self.limit = max(1, limit)
    }

    /// Of everything that is here, what loads and what leaves included.
    package var usedBytes: Int { instances.values.reduce(0) { sum, one in sum.addingReportingOverflow(one.bytes).overflow ? .max : sum + one.bytes } }
    package var freeBytes: Int { max(0, budgetBytes - usedBytes) }
    package var count: Int { instances.count }

    package subscript(number: Int) -> Instance? { instances[number] }
    package func ready(_ key: ModelKey) -> Int? { ready[key] }
    package func loading(_ key: ModelKey) -> Int? { loading[key] }
    /// What a key is in, as others see it: ready while one instance is, whatever else goes on.
    package func phase(_ key: ModelKey) -> Phase? {
        if ready[key] != nil { return .ready }
        if loading[key] != nil { return .loading }
        return instances.values.contains { $0.key == key } ? .unloading : nil
    }
    package func ready(tenant: String) -> [ModelKey] { ready.keys.filter { $0.tenant == tenant }.sorted { $0.id < $1.id } }

    /// - Parameter fileBytes: what it takes as far as anybody knows before it is read.
    package mutating func load(_ key: ModelKey, fileBytes: Int, again: Bool) -> LoadDecision {
        if let number = loading[key] { return .loading(instance: number) }
        if let number = ready[key], !again { return .ready(instance: number) }
        guard instances.count < limit else { return .tooMany(limit: limit) }
        let needed = max(0, fileBytes)
        guard needed <= freeBytes else { return .noRoom(neededBytes: needed, freeBytes: freeBytes, budgetBytes: budgetBytes) }
        let number = nextNumber
        nextNumber += 1
        instances[number] = Instance(number: number, key: key, bytes: needed)
        loading[key] = number
        return .begin(instance: number)
    }

    package mutating func loaded(_ number: Int, bytes: Int) -> Loaded {
        guard var instance = instances[number], instance.phase == .loading else { return .unwanted }
        let needed = max(0, bytes)
        let free = max(0, budgetBytes - (usedBytes - instance.bytes))
        loading[instance.key] = nil
        guard needed <= free else {
            instances[number] = nil
            return .noRoom(neededBytes: needed, freeBytes: free, budgetBytes: budgetBytes)
        }
        (instance.phase, instance.bytes) = (.ready, needed)
        instances[number] = instance
        let before = ready.updateValue(number, forKey: instance.key)
        return .ready(gone: before.map { leave($0) } ?? [])
    }

    package mutating func failed(_ number: Int) {
        guard let instance = instances[number], instance.phase == .loading else { return }
        loading[instance.key] = nil
        instances[number] = nil
    }

    /// - Returns: nil: there is nothing to unload. Else what is to be given up now; what still computes follows with its last `leave`.
    package mutating func unload(_ key: ModelKey) -> [Int]? {
        let (old, new) = (ready.removeValue(forKey: key), loading.removeValue(forKey: key))
        guard old != nil || new != nil else { return nil }
        // Whoever loads it finds that it is unwanted.
        if let new { instances[new] = nil }
        return old.map { leave($0) } ?? []
    }

    /// A call takes the model of this key: it stays until the call gives it back.
    package mutating func enter(_ key: ModelKey) -> Int? {
        guard let number = ready[key] else { return nil }
        instances[number]?.calls += 1
        return number
    }

    /// - Returns: what is to be given up now.
    package mutating func exit(_ number: Int) -> [Int] {
        guard var instance = instances[number], instance.calls > 0 else { return [] }
        instance.calls -= 1
        let isGone = instance.calls == 0 && instance.phase == .unloading
        instances[number] = isGone ? nil : instance
        return isGone ? [number] : []
    }

    private mutating func leave(_ number: Int) -> [Int] {
        guard var instance = instances[number] else { return [] }
        instance.phase = .unloading
        instances[number] = instance.calls == 0 ? nil : instance
        return instance.calls == 0 ? [number] : []
    }
}
