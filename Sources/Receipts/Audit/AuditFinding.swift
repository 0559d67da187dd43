/// What is wrong with an audit, or with its history. Entries are counted from 0.
package enum AuditFinding: Sendable, Equatable, CustomStringConvertible {
    /// A line of the file, counted from 1, is none of an exported audit.
    case malformed(line: Int, problem: String)
    /// nil: one of them was changed, and its hash with it.
    case edited(Int64?)
    case removed(first: Int64, last: Int64)
    /// It is there twice, or lies behind the end that was signed.
    case added(Int64)
    /// It stands behind one that was written later.
    case reordered(Int64)
    case otherTenant(Int64)
    /// There is no signed head: the file was cut off, or is none.
    case noHead
    case head(SignedDocumentProblem)
    case otherAudit(older: String, newer: String)
    /// The log has fewer entries than it had.
    case truncated(older: Int64, newer: Int64)
    /// Two heads that no log can have one after the other.
    case forked(older: Int64, newer: Int64)
    /// The first entry that is another one than it was.
    case rewritten(Int64)
    /// What was given as the older one is the newer one.
    case notOlder

    /// For machines.
    package var code: String {
        switch self {
        case .malformed: "malformed"
        case .edited: "edited"
        case .removed: "removed"
        case .added: "added"
        case .reordered: "reordered"
        case .otherTenant: "other_tenant"
        case .noHead: "no_signed_head"
        case .head(.tooLong), .head(.form): "head_malformed"
        case .head(.signer): "signer_not_trusted"
        case .head(.signature): "signature_wrong"
        case .otherAudit: "other_audit"
        case .truncated: "truncated"
        case .forked: "forked"
        case .rewritten: "rewritten"
        case .notOlder: "not_older"
        }
    }

    package var description: String {
        switch self {
        case .malformed(let line, let problem): "line \(line) is none of an exported audit: \(problem)"
        case .edited(let index?): "edited: entry \(index) does not have the hash it was written with"
        case .edited(nil): "edited: the entries do not give the root that was signed; one of them was changed, and its hash with it"
        case .removed(let first, let last): first == last ? "removed: entry \(first) is missing" : "removed: entries \(first) to \(last) are missing"
        case .added(let index): "added: entry \(index) is there twice, or lies behind the end that was signed"
        case .reordered(let index): "reordered: entry \(index) stands behind a later one"
        case .otherTenant(let index): "entry \(index) is of another tenant"
        case .noHead: "there is no signed head; the file was cut off"
        case .head(.tooLong(let bytes)): "the signed head has more than \(bytes) bytes"
        case .head(.form(let what)): "the signed head cannot be read: \(what)"
        case .head(.signer(let what)): "the head's signer is not trusted: \(what)"
        case .head(.signature): "the head's signature is not of this head: something was changed"
        case .otherAudit(let older, let newer): "the older head is of tenant \(older), this one of \(newer)"
        case .truncated(let older, let newer): "truncated: the audit had \(older) entries and now has \(newer)"
        case .forked(let older, let newer):
            older == newer
                ? "forked: there are two different logs of \(older) entries, both signed"
                : "forked: the log of \(newer) entries does not begin with the log of \(older) entries that was signed before"
        case .rewritten(let index): "entry \(index) is the first that is another one than it was"
        case .notOlder: "what was given to compare with is the newer one"
        }
    }
}
