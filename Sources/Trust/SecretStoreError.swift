/// Why a secret could not be sealed or opened.
package enum SecretError: Error, Sendable, CustomStringConvertible {
    /// What was handed in.
    case field(String, problem: String)
    /// Another key, another context, or bytes that are not what was written: nobody is told which.
    case unopenable
    /// The store of the keys or the file of the master keys.
    case keeping(any Error)

    package var description: String {
        switch self {
        case .field(let name, let problem): "The secret cannot be sealed: \(name): \(problem). Give a shorter one."
        case .unopenable: "The secret cannot be opened. Restore the data folder with its master.key from one backup, or replace the secret."
        case .keeping(let error): "The keys of secrets cannot be kept: \(error)"
        }
    }
}
