internal import GRDB

extension SQLiteStore {
    private static let historyName = "history"

    package func history() async throws(StorageError) -> String? {
        try await commits.read { [rows] in try rows.fetchOne(.fact, $0, where: "name = ?", [Self.historyName])?.text("value") }
    }

    /// After a restore: whoever remembers another history has seen what this store does not know.
    package func begin(history: String) async throws(StorageError) {
        try await commits.write { [rows] in try rows.put(["name": Self.historyName, "value": history], into: .fact, $0) }
    }
}
