/// Why a receipt is not believed.
package enum ReceiptProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLong(bytes: Int)
    /// It is no signed receipt at all, or of a form that is not known here.
    case form(String)
    /// Its signer is not one that is trusted.
    case signer(String)
    case signature
    /// A part of what it says does not go with another part.
    case content(field: String, issue: String)
    case roster(String)
    case model(expected: String, found: String)

    /// For machines.
    package var code: String {
        switch self {
        case .tooLong: "receipt_too_long"
        case .form: "receipt_malformed"
        case .signer: "signer_not_trusted"
        case .signature: "signature_wrong"
        case .content: "content_contradicts_itself"
        case .roster: "roster_differs"
        case .model: "model_differs"
        }
    }

    package var description: String {
        switch self {
        case .tooLong(let bytes): "It has more than \(bytes) bytes; no receipt is so long."
        case .form(let what): "It is no receipt that can be read here: \(what)."
        case .signer(let what): "Its signer is not trusted: \(what)"
        case .signature: "The signature is not of this content: something was changed."
        case .content(let field, let issue): "What it says does not hold together: \(field) \(issue)."
        case .roster(let what): "The roster is not the one that the receipt vouches for: \(what)."
        case .model(let expected, let found): "The file is not the model of this receipt: its SHA-256 is \(found), and the receipt says \(expected)."
        }
    }

    package var remedy: String {
        switch self {
        case .tooLong, .form: "Give the file that 'tutti-coordinator receipt save' wrote, unchanged."
        case .signer: "Get the coordinator's pin from its operator over a way that you trust, and give it with --ca-pin."
        case .signature, .content: "Do not rely on it. Ask the operator for the receipt again: tutti-coordinator receipt save"
        case .roster: "Give the file that 'tutti-coordinator receipt save --roster' wrote together with this receipt."
        case .model: "Give the file that 'tutti-coordinator model export' wrote for this session, and look for which round."
        }
    }
}
