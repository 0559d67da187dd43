import CryptoSuite
import PKCS11

extension SoftToken {
    static let pin = Secret(Array(pinText.utf8))

    static func token(_ label: String, key: String = "tutti", pin: Secret = pin, newKeyID: [UInt8]? = [1, 2, 3, 4]) throws -> ModuleToken {
        ModuleToken(TokenPlace(module: module ?? "", token: label, key: key), pin: pin, newKeyID: newKeyID)
    }
}
