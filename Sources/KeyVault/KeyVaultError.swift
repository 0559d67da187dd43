/// Why the vault refuses.
package enum KeyVaultError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was handed in.
    case field(String, problem: String)
    case unknownKey(String)
    /// The key is there and must not be used for this now.
    case unusable(key: String, why: String)
    /// A changed byte, another key, another context: nobody is told which.
    case unopenable
    /// What is kept cannot be read or written.
    case keeping(String)

    package var description: String {
        switch self {
        case .field(let name, let problem): "\(name): \(problem)"
        case .unknownKey(let id): "there is no key \(id)"
        case .unusable(let key, let why): "the key \(key) \(why)"
        case .unopenable: "this cannot be opened with that key, that additional data and that context"
        case .keeping(let cause): "the vault cannot keep its keys: \(cause)"
        }
    }
}
