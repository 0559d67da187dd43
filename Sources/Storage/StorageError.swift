/// Why the store could not do what it was asked.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    case inUse(path: String)
    case full(path: String)
    case corrupt(path: String, problem: String)
    case newer(path: String, version: Int, known: Int)
    case io(path: String, problem: String)
    /// A record with this key is there already.
    case exists(String)

    package var description: String {
        switch self {
        case .inUse(let path): "\(path) is in use by another coordinator. Stop it first."
        case .full(let path): "The disk of \(path) is full. Make room; nothing that was acknowledged is lost."
        case .corrupt(let path, let problem): "\(path) is damaged: \(problem). Restore it from a backup."
        case .newer(let path, let version, let known):
            "\(path) was written by a newer version (schema \(version), this one knows \(known)). Use that version."
        case .io(let path, let problem): "\(path): \(problem)"
        case .exists(let what): "\(what) exists already."
        }
    }
}
