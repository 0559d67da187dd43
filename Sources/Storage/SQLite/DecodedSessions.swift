import Federation
import Foundation
internal import GRDB
import Synchronization

/// Records of sessions as they were read last, each with the bytes that it was read from. A list has the same ones again and again, and to
/// decode one takes longer than everything else that is done for it.
final class DecodedSessions: Sendable {
    private let known = Mutex<[String: (bytes: Data, record: SessionRecord)]>([:])

    func record(_ row: SealedRow) throws(StorageError) -> SessionRecord {
        guard let bytes = Data.fromDatabaseValue(row.value("record")) else { return try row.record(SessionRecord.self) }
        let id = try row.text("id")
        if let held = known.withLock({ $0[id] }), held.bytes == bytes { return held.record }
        let record = try row.record(SessionRecord.self)
        known.withLock { known in
            if known[id] == nil, known.count >= Limits.decodedSessions { known.removeAll(keepingCapacity: true) }
            known[id] = (bytes, record)
        }
        return record
    }
}
