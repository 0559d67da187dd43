/// Why a token of PKCS #11 cannot be used, and what to do. No PIN is in it.
package enum TokenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The library itself.
    case module(path: String, problem: String)
    /// No token has this label; `present` are the labels that there are.
    case noToken(label: String, present: [String])
    /// Two tokens or two keys have one label.
    case ambiguous(String)
    case pinRefused(token: String)
    case pinLocked(token: String)
    /// No key of this label or id, or one that is not as it must be.
    case key(label: String, problem: String)
    /// What was sealed elsewhere, or changed.
    case unopenable
    /// A function that failed, with what the standard calls its reason.
    case call(String, TokenReturn)

    package var message: String {
        switch self {
        case .module(let path, let problem): "The PKCS #11 module \(path) cannot be used: \(problem)."
        case .noToken(let label, let present):
            "No token '\(label)' is there; present: \(present.isEmpty ? "none" : present.map { "'\($0)'" }.joined(separator: ", "))."
        case .ambiguous(let what): "There are several \(what)."
        case .pinRefused(let token): "The token '\(token)' does not take the PIN (CKR_PIN_INCORRECT)."
        case .pinLocked(let token): "The PIN of the token '\(token)' is locked (CKR_PIN_LOCKED)."
        case .key(let label, let problem): "The key '\(label)' in the token cannot be used: \(problem)."
        case .unopenable: "The token does not open this: it was sealed with another key, or changed."
        case .call(let name, let code): "The token refused \(name): \(code)."
        }
    }

    package var remedy: String {
        switch self {
        case .module: "Give the absolute path of the maker's library as trust.pkcs11_module, such as /usr/lib/softhsm/libsofthsm2.so."
        case .noToken: "Connect it, or give the label of one that is there as trust.pkcs11_token; 'pkcs11-tool --module MODULE -L' lists them."
        case .ambiguous: "Give each a label of its own, and name it in trust.pkcs11_token or trust.pkcs11_key."
        case .pinRefused: "Correct the file of trust.pkcs11_pin_file, then start again; it is not tried twice, for some tokens lock after three times."
        case .pinLocked: "Let its security officer set a new PIN (C_InitPIN), and write that into the file of trust.pkcs11_pin_file."
        case .key: "Restore the token from its maker's backup, or name the right key in trust.pkcs11_key."
        case .unopenable: "Use the token that it was sealed with, or restore the folder from a backup that goes with this one."
        case .call(_, let code): code.remedy
        }
    }

    package var description: String { message + " " + remedy }

    /// Whether the token is gone, or forgot us: a new session may mend it.
    var isLoss: Bool {
        guard case .call(_, let code) = self else { return false }
        return TokenReturn.losses.contains(code)
    }
}

/// What a function of PKCS #11 returns (section 5.1 of the standard).
package struct TokenReturn: Sendable, Hashable, CustomStringConvertible {
    package let code: UInt
    package init(_ code: UInt) { self.code = code }

    static let ok = TokenReturn(0)
    static let pinIncorrect = TokenReturn(0xA0)
    static let pinLocked = TokenReturn(0xA4)
    static let alreadyLoggedIn = TokenReturn(0x100)
    static let alreadyInitialised = TokenReturn(0x191)
    /// A handle from before, a device that went, a module that began anew.
    static let losses = Set<TokenReturn>([0x03, 0x30, 0x32, 0x60, 0x82, 0xB0, 0xB3, 0xE0, 0xE1, 0x101, 0x190].map(TokenReturn.init))
    /// What AES-GCM says of a tag that does not fit; modules differ. SoftHSM 2.6 has CKR_GENERAL_ERROR for it.
    static let mismatches = Set<TokenReturn>([0x05, 0x06, 0x20, 0x21, 0x40, 0x41, 0xC0, 0xC1].map(TokenReturn.init))

    package var description: String { Self.names[code] ?? "CKR_0x" + String(code, radix: 16, uppercase: true) }

    var remedy: String {
        switch code {
        case 0x31, 0x02: "Free memory of the token or of this machine, then try again."
        case 0x32, 0xE0, 0xE1, 0x03: "Connect the token, and look that its device and its service run."
        case 0x54, 0x70, 0x71, 0x63, 0x68:
            "The token must offer CKM_AES_KEY_GEN and CKM_AES_GCM with keys of 256 bits; take another one, or its newer firmware."
        case 0xE2, 0x62, 0xB5: "The token is read-only: make the key with its maker's tools, or unlock it for writing."
        case 0xB1: "Close other programs' sessions with the token."
        case 0x101, 0xB3, 0xB0: "Look whether somebody else logs out of the token or resets it."
        default: "See the module's log; its maker says what this means."
        }
    }

    private static let names: [UInt: String] = [
        0x02: "CKR_HOST_MEMORY", 0x03: "CKR_SLOT_ID_INVALID", 0x05: "CKR_GENERAL_ERROR", 0x06: "CKR_FUNCTION_FAILED", 0x07: "CKR_ARGUMENTS_BAD",
        0x0A: "CKR_CANT_LOCK", 0x10: "CKR_ATTRIBUTE_READ_ONLY", 0x11: "CKR_ATTRIBUTE_SENSITIVE", 0x12: "CKR_ATTRIBUTE_TYPE_INVALID",
        0x13: "CKR_ATTRIBUTE_VALUE_INVALID", 0x20: "CKR_DATA_INVALID", 0x21: "CKR_DATA_LEN_RANGE", 0x30: "CKR_DEVICE_ERROR",
        0x31: "CKR_DEVICE_MEMORY", 0x32: "CKR_DEVICE_REMOVED", 0x40: "CKR_ENCRYPTED_DATA_INVALID", 0x41: "CKR_ENCRYPTED_DATA_LEN_RANGE",
        0x50: "CKR_FUNCTION_CANCELED", 0x54: "CKR_FUNCTION_NOT_SUPPORTED", 0x60: "CKR_KEY_HANDLE_INVALID", 0x62: "CKR_KEY_SIZE_RANGE",
        0x63: "CKR_KEY_TYPE_INCONSISTENT", 0x68: "CKR_KEY_FUNCTION_NOT_PERMITTED", 0x70: "CKR_MECHANISM_INVALID",
        0x71: "CKR_MECHANISM_PARAM_INVALID", 0x82: "CKR_OBJECT_HANDLE_INVALID", 0x90: "CKR_OPERATION_ACTIVE", 0x91: "CKR_OPERATION_NOT_INITIALIZED",
        0xA0: "CKR_PIN_INCORRECT", 0xA1: "CKR_PIN_INVALID", 0xA2: "CKR_PIN_LEN_RANGE", 0xA3: "CKR_PIN_EXPIRED", 0xA4: "CKR_PIN_LOCKED",
        0xB0: "CKR_SESSION_CLOSED", 0xB1: "CKR_SESSION_COUNT", 0xB3: "CKR_SESSION_HANDLE_INVALID", 0xB5: "CKR_SESSION_READ_ONLY",
        0xC0: "CKR_SIGNATURE_INVALID", 0xC1: "CKR_SIGNATURE_LEN_RANGE", 0xD0: "CKR_TEMPLATE_INCOMPLETE", 0xD1: "CKR_TEMPLATE_INCONSISTENT",
        0xE0: "CKR_TOKEN_NOT_PRESENT", 0xE1: "CKR_TOKEN_NOT_RECOGNIZED", 0xE2: "CKR_TOKEN_WRITE_PROTECTED", 0x100: "CKR_USER_ALREADY_LOGGED_IN",
        0x101: "CKR_USER_NOT_LOGGED_IN", 0x102: "CKR_USER_PIN_NOT_INITIALIZED", 0x103: "CKR_USER_TYPE_INVALID",
        0x104: "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", 0x150: "CKR_BUFFER_TOO_SMALL", 0x190: "CKR_CRYPTOKI_NOT_INITIALIZED",
        0x191: "CKR_CRYPTOKI_ALREADY_INITIALIZED",
    ]
}
