import Federation
import Synchronization

extension MemoryStore: BenchmarkStore {
    package func addBenchmark(_ record: BenchmarkRecord, kept: Int) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            guard !tables.benchmarks.contains(where: { same($0.id, record.id) }) else { throw .exists("benchmark \(record.id)") }
            tables.benchmarks.append(record)
            tables.benchmarks.sort { ($1.measuredAt, MemoryKey($1.id)) < ($0.measuredAt, MemoryKey($0.id)) }
            tables.benchmarks = Array(tables.benchmarks.prefix(max(1, kept)))
        }
    }

    package func newestBenchmark() async throws(StorageError) -> BenchmarkRecord? { tables.withLock { $0.benchmarks.first } }
}
