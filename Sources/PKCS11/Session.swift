internal import CPKCS11
internal import CryptoSuite

/// A session with a token, logged in, with its key found.
struct Session {
    let module: Module
    let slot: Module.Slot
    let number: CK_ULONG
    let key: CK_ULONG
    let keyID: [UInt8]

    /// - Parameter newKeyID: a key of this id is made where there is none of the label; nil: that is an error.
    static func open(_ place: TokenPlace, pin: Secret, newKeyID: [UInt8]?) throws(TokenError) -> Session {
        let module = try Module.load(place.module)
        try module.initialise()
        let slot = try module.slot(place.token)
        guard !slot.isLocked else { throw .pinLocked(token: place.token) }
        let number = try begin(module, slot, CKF_SERIAL_SESSION)
        do throws(TokenError) {
            try logIn(module, number, place, pin)
            let keys = Keys(module: module, session: number, label: place.key)
            if let (key, id) = try keys.find() { return Session(module: module, slot: slot, number: number, key: key, keyID: id) }
            guard let newKeyID else { throw .key(label: place.key, problem: "it is not there") }
            try make(newKeyID, module, slot, place)
            guard let (key, id) = try keys.find() else { throw .key(label: place.key, problem: "it was made and is not there") }
            return Session(module: module, slot: slot, number: number, key: key, keyID: id)
        } catch {
            _ = module.functions.C_CloseSession?(number)
            throw error
        }
    }

    func close() { _ = module.functions.C_CloseSession?(number) }

    private static func begin(_ module: Module, _ slot: Module.Slot, _ flags: CK_ULONG) throws(TokenError) -> CK_ULONG {
        var number: CK_ULONG = 0
        try module.check(
            "C_OpenSession", try module.function(module.functions.C_OpenSession, "C_OpenSession")(slot.number, flags, nil, nil, &number))
        return number
    }

    /// Sessions of one process share their login.
    private static func logIn(_ module: Module, _ number: CK_ULONG, _ place: TokenPlace, _ pin: Secret) throws(TokenError) {
        let bytes = pin.bytes
        let code = TokenReturn(try module.function(module.functions.C_Login, "C_Login")(number, CKU_USER, bytes, CK_ULONG(bytes.count)))
        switch code {
        case .ok, .alreadyLoggedIn: return
        case .pinIncorrect: throw .pinRefused(token: place.token)
        case .pinLocked: throw .pinLocked(token: place.token)
        default: throw .call("C_Login", code)
        }
    }

    /// Writing wants a session of its own; a token that is only read is opened without.
    private static func make(_ id: [UInt8], _ module: Module, _ slot: Module.Slot, _ place: TokenPlace) throws(TokenError) {
        let number = try begin(module, slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
        defer { _ = module.functions.C_CloseSession?(number) }
        try Keys(module: module, session: number, label: place.key).make(id)
    }

    // MARK: AES-256-GCM

    func seal(_ plain: [UInt8], nonce: [UInt8], associated: [UInt8]) throws(TokenError) -> [UInt8] {
        let (begin, run) = (
            try module.function(module.functions.C_EncryptInit, "C_EncryptInit"), try module.function(module.functions.C_Encrypt, "C_Encrypt")
        )
        let out = try crypt(plain, nonce, associated, roomFor: plain.count + Self.tagBytes, ("C_EncryptInit", begin), ("C_Encrypt", run))
        guard out.count == plain.count + Self.tagBytes else { throw .key(label: slot.label, problem: "it seals to another length than AES-GCM has") }
        return out
    }

    func open(_ sealed: [UInt8], nonce: [UInt8], associated: [UInt8]) throws(TokenError) -> [UInt8] {
        guard sealed.count >= Self.tagBytes else { throw .unopenable }
        let (begin, run) = (
            try module.function(module.functions.C_DecryptInit, "C_DecryptInit"), try module.function(module.functions.C_Decrypt, "C_Decrypt")
        )
        let out: [UInt8]
        do throws(TokenError) {
            out = try crypt(sealed, nonce, associated, roomFor: sealed.count, ("C_DecryptInit", begin), ("C_Decrypt", run))
        } catch {
            if case .call("C_Decrypt", let code) = error, TokenReturn.mismatches.contains(code) { throw .unopenable }
            throw error
        }
        guard out.count == sealed.count - Self.tagBytes else { throw .unopenable }
        return out
    }

    private static let tagBytes = 16
    private typealias Begin = (CK_ULONG, UnsafeMutablePointer<CK_MECHANISM>?, CK_ULONG) -> CK_RV
    private typealias Run = (CK_ULONG, UnsafeMutablePointer<CK_BYTE>?, CK_ULONG, UnsafeMutablePointer<CK_BYTE>?, UnsafeMutablePointer<CK_ULONG>?) -> CK_RV

    private func crypt(
        _ input: [UInt8], _ nonce: [UInt8], _ associated: [UInt8], roomFor count: Int, _ begin: (name: String, Begin), _ run: (name: String, Run)
    ) throws(TokenError) -> [UInt8] {
        guard input.count <= Limits.sealedBytesMax, associated.count <= Limits.sealedBytesMax else {
            throw .key(label: slot.label, problem: "it seals at most \(Limits.sealedBytesMax) bytes at once")
        }
        var (input, nonce, associated) = (input, nonce, associated)
        var out = [UInt8](repeating: 0, count: count + Limits.spareBytes)
        var written = CK_ULONG(out.count)
        let bits = CK_ULONG(nonce.count * 8)
        let begun = nonce.withUnsafeMutableBufferPointer { nonce in
            associated.withUnsafeMutableBufferPointer { associated in
                var parameters = CK_GCM_PARAMS(
                    pIv: nonce.baseAddress, ulIvLen: CK_ULONG(nonce.count), ulIvBits: bits, pAAD: associated.baseAddress,
                    ulAADLen: CK_ULONG(associated.count), ulTagBits: CK_ULONG(Self.tagBytes * 8))
                return withUnsafeMutablePointer(to: &parameters) { parameters in
                    var mechanism = CK_MECHANISM(
                        mechanism: CKM_AES_GCM, pParameter: UnsafeMutableRawPointer(parameters), ulParameterLen: CK_ULONG(MemoryLayout<CK_GCM_PARAMS>.size))
                    let code = begin.1(number, &mechanism, key)
                    // The parameters must live until the message is done: some modules keep the pointers.
                    return code == 0 ? (code, run.1(number, &input, CK_ULONG(input.count), &out, &written)) : (code, 0)
                }
            }
        }
        try module.check(begin.name, begun.0)
        try module.check(run.name, begun.1)
        guard written <= CK_ULONG(out.count) else { throw .call(run.name, TokenReturn(0x05)) }
        defer { out.withUnsafeMutableBufferPointer { overwriteWithZeros($0) } }
        return Array(out.prefix(Int(written)))
    }
}
