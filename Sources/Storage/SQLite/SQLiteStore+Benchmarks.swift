import Federation
import Foundation
internal import GRDB

extension SQLiteStore: BenchmarkStore {
    package func addBenchmark(_ record: BenchmarkRecord, kept: Int) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.insert(
                ["tenant": record.tenant, "id": record.id, "measured_ms": record.measuredAt.milliseconds, "record": try Storage.encode(record)],
                into: .benchmark, database)
            try database.execute(
                sql: "DELETE FROM solver_benchmark WHERE id NOT IN (SELECT id FROM solver_benchmark ORDER BY measured_ms DESC, id DESC LIMIT ?)",
                arguments: [max(1, kept)])
        }
    }

    package func newestBenchmark() async throws(StorageError) -> BenchmarkRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.benchmark, database, where: "1 ORDER BY measured_ms DESC, id DESC LIMIT 1", [])?.record(BenchmarkRecord.self)
        }
    }
}
