internal import Foundation
internal import Platform
internal import StrictJSON
#if canImport(Glibc)
    internal import Glibc
#endif

/// Whence a model's file comes.
enum ModelLocation: Sendable, Equatable {
    /// A path on this machine, below a folder that the operator named.
    case file(String)
    case https(EgressURL)
    /// A file that the tenant has put here before.
    case upload(String)
    /// In an object store.
    case objectStore(bucket: String, key: String)

    /// Names of files that tenants put here, among the artifacts.
    static let uploads = "files/"

    init(_ text: String) throws(RegistryFailure) {
        let field = "storage_url"
        guard (1...EgressLimits.urlBytesMax).contains(text.utf8.count) else {
            throw .invalid(field: field, issue: "must be 1 to \(EgressLimits.urlBytesMax) bytes long")
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("//") else {
            throw .invalid(field: field, issue: "must begin with https://, file://, upload:// or s3://")
        }
        let rest = String(parts[1].dropFirst(2))
        switch parts[0].lowercased() {
        case "https":
            do throws(EgressError) { self = .https(try EgressURL(text)) } catch { throw .invalid(field: field, issue: "cannot be used: \(error.problem)") }
        case "file":
            guard rest.hasPrefix("/"), let path = rest.removingPercentEncoding, !path.utf8.contains(0) else {
                throw .invalid(field: field, issue: "must be file:// and an absolute path")
            }
            self = .file(path)
        case "upload":
            if let problem = Artifacts.nameProblem(rest) { throw .invalid(field: field, issue: "names a file whose name \(problem)") }
            self = .upload(rest)
        case "s3":
            let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { throw .invalid(field: field, issue: "must be s3://, a bucket and a key") }
            self = .objectStore(bucket: String(parts[0]), key: String(parts[1]))
        default: throw .invalid(field: field, issue: "must begin with https://, file://, upload:// or s3://, not with \(parts[0].clipped(20))")
        }
    }

    /// As it may be shown: what follows a question mark may be a credential.
    static func shown(_ source: String) -> String { String(source.prefix { $0 != "?" }) }
}

/// Reads files below folders that the operator named.
struct ModelRoots: Sendable {
    let roots: [String]

    /// Why a file is not taken.
    struct Refusal: Error { var why: String }

    /// Symbolic links are followed first, and the place where they end counts. The file that is read is the one that was looked at:
    /// its descriptor is asked for its path once more.
    func read(_ path: String, bytesMax: Int) throws(Refusal) -> [UInt8] {
        let outside = Refusal(why: "the file does not lie in a folder from which models may be read (setting models.roots)")
        guard !roots.isEmpty else { throw outside }
        guard let real = Self.resolved(path) else { throw Refusal(why: "the file is not there, or cannot be read") }
        guard isInside(real) else { throw outside }
        let descriptor = open(real, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Refusal(why: "the file is not there, or cannot be read") }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { throw Refusal(why: "it is no plain file") }
        guard let opened = Self.resolved("/proc/self/fd/\(descriptor)"), isInside(opened) else { throw outside }
        guard facts.st_size <= off_t(bytesMax) else { throw Refusal(why: "it has \(facts.st_size) bytes, at most \(bytesMax) are taken") }
        let size = Int(facts.st_size)
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { out, filled in
            filled = 0
            while filled < size, let base = out.baseAddress {
                let count = pread(descriptor, base + filled, size - filled, off_t(filled))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    failed = true
                    return
                }
                filled += count
            }
        }
        guard !failed else { throw Refusal(why: "the file cannot be read") }
        return bytes
    }

    private func isInside(_ path: String) -> Bool {
        roots.contains { root in Self.resolved(root).map { path.hasPrefix($0 == "/" ? "/" : $0 + "/") } ?? false }
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(validatingCString: real)
    }
}
