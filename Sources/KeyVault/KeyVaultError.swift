package import Storage

/// Why the vault refuses.
package enum KeyVaultError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was handed in.
    case field(String, problem: String)
    case unknownKey(String)
    case unknownExchange(String)
    /// It was there, and is over.
    case exchangeOver(String)
    /// A signed request that was here before.
    case repeated
    case tooManyExchanges(limit: Int)
    case unknownParty(String)
    case tooManyParties(limit: Int)
    /// The key is there and must not be used for this now.
    case unusable(key: String, why: String)
    /// The key is there, and this is not what it is for.
    case wrongUse(key: String, why: String)
    /// It is somebody else's to ask for.
    case forbidden(String)
    case tooManyKeys(limit: Int)
    /// A key in a hardware module was asked for and there is none.
    case noHardware
    /// The token that the key lies in is not there, or does not answer.
    case tokenGone(String)
    /// A changed byte, another key, another context: nobody is told which.
    case unopenable
    /// Another passphrase is just being stretched.
    case busy
    case storage(StorageError)
    /// The keys that seal this vault's keys.
    case keeping(String)

    package var description: String {
        switch self {
        case .field(let name, let problem): "\(name): \(problem)"
        case .unknownKey(let id): "there is no key \(id)"
        case .unknownExchange(let id): "there is no key exchange \(id)"
        case .exchangeOver(let id): "the key exchange \(id) is over; begin another one"
        case .repeated: "this signed request was here before; sign another one"
        case .tooManyExchanges(let limit): "there are \(limit) key exchanges, the most there may be; wait until some end"
        case .unknownParty(let id): "no key is registered for \(id)"
        case .tooManyParties(let limit): "there are \(limit) registered parties, the most there may be; remove some"
        case .unusable(let key, let why), .wrongUse(let key, let why): "the key \(key) \(why)"
        case .forbidden(let why): why
        case .tooManyKeys(let limit): "there are \(limit) keys that are not revoked, the most there may be; revoke some"
        case .noHardware: "hsm_unavailable: no hardware security module is connected, so no key can be kept in one"
        case .tokenGone(let why): "hsm_unavailable: \(why)"
        case .unopenable: "cannot be opened with that key, that additional data and that context"
        case .busy: "another passphrase is just being looked at"
        case .storage(let error): error.description
        case .keeping(let cause): "the vault cannot keep its keys: \(cause)"
        }
    }
}
