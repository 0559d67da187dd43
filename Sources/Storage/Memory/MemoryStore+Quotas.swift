import Synchronization

extension MemoryStore: QuotaStore {
    package func quotaWindows() async throws(StorageError) -> [QuotaWindowRecord] { tables.withLock { $0.quotaWindows.inOrder } }

    package func storeQuotaWindows(_ windows: [QuotaWindowRecord], removing: [QuotaWindowKey]) async throws(StorageError) {
        tables.withLock { tables in
            for key in removing { tables.quotaWindows[MemoryKey(key)] = nil }
            for window in windows { tables.quotaWindows[MemoryKey(window.key)] = window }
        }
    }
}

extension MemoryKey {
    fileprivate init(_ key: QuotaWindowKey) { self.init(key.tenant, key.principal, key.family) }
}
