/// Why the store could not do what it was asked.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    case inUse(path: String)
    case full(path: String)
    case corrupt(path: String, problem: String)
    /// One row is not what was written: `key` is its primary key, parts separated by slashes.
    case damagedRow(table: String, key: String, problem: String)
    case newer(path: String, version: Int, known: Int)
    case io(path: String, problem: String)
    /// A record with this key is there already.
    case exists(String)
    /// What the record would belong to is not there, or is another tenant's.
    case missing(String)

    package var description: String {
        switch self {
        case .inUse(let path): "\(path) is in use by another coordinator. Stop it first."
        case .full(let path): "The disk of \(path) is full. Make room; nothing that was acknowledged is lost."
        case .corrupt(let path, let problem): "\(path) is damaged: \(problem). Restore it from a backup."
        case .damagedRow(let table, let key, let problem):
            "tutti.sqlite is damaged: row \(key) of table \(table): \(problem). Restore it from a backup."
        case .newer(let path, let version, let known):
            "\(path) was written by a newer version (schema \(version), this one knows \(known)). Use that version."
        case .io(let path, let problem): "\(path): \(problem)"
        case .exists(let what): "\(what) exists already."
        case .missing(let what): "There is no \(what)."
        }
    }

    /// Whether what lies on the disk is not what was written.
    package var isDamage: Bool {
        switch self {
        case .corrupt, .damagedRow: true
        case .inUse, .full, .newer, .io, .exists, .missing: false
        }
    }
}
