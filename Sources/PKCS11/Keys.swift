internal import CPKCS11

/// AES keys of one label, in one session.
struct Keys {
    let module: Module
    let session: CK_ULONG
    let label: String

    /// - Returns: nil: there is none.
    /// - Throws: `ambiguous`, and `key` for one that could leave the token.
    func find() throws(TokenError) -> (key: CK_ULONG, id: [UInt8])? {
        let begin = try module.function(module.functions.C_FindObjectsInit, "C_FindObjectsInit")
        let next = try module.function(module.functions.C_FindObjects, "C_FindObjects")
        let end = try module.function(module.functions.C_FindObjectsFinal, "C_FindObjectsFinal")
        let wanted = Template([(CKA_CLASS, .number(CKO_SECRET_KEY)), (CKA_KEY_TYPE, .number(CKK_AES)), (CKA_LABEL, .bytes(Array(label.utf8)))])
        try module.check("C_FindObjectsInit", wanted.with { begin(session, $0, $1) })
        var found = [CK_ULONG](repeating: 0, count: Limits.keysMax)
        var count: CK_ULONG = 0
        let code = next(session, &found, CK_ULONG(found.count), &count)
        _ = end(session)
        try module.check("C_FindObjects", code)
        guard count > 0 else { return nil }
        guard count == 1 else { throw .ambiguous("keys '\(label)' in the token") }
        guard try flag(CKA_SENSITIVE, of: found[0]), try !flag(CKA_EXTRACTABLE, of: found[0]) else {
            throw .key(label: label, problem: "it can be read out of the token (CKA_SENSITIVE must be true, CKA_EXTRACTABLE false)")
        }
        guard try bytes(CKA_VALUE_LEN, of: found[0], most: MemoryLayout<CK_ULONG>.size) == Template.Value.number(32).bytes else {
            throw .key(label: label, problem: "it has not 256 bits")
        }
        let id = try bytes(CKA_ID, of: found[0], most: Limits.keyIDBytesMax)
        guard !id.isEmpty else { throw .key(label: label, problem: "it has no CKA_ID") }
        return (found[0], id)
    }

    /// A key of 256 bits that stays in the token.
    func make(_ id: [UInt8]) throws(TokenError) {
        let generate = try module.function(module.functions.C_GenerateKey, "C_GenerateKey")
        let new = Template([
            (CKA_CLASS, .number(CKO_SECRET_KEY)), (CKA_KEY_TYPE, .number(CKK_AES)), (CKA_VALUE_LEN, .number(32)), (CKA_TOKEN, .flag(true)),
            (CKA_PRIVATE, .flag(true)), (CKA_SENSITIVE, .flag(true)), (CKA_EXTRACTABLE, .flag(false)), (CKA_ENCRYPT, .flag(true)),
            (CKA_DECRYPT, .flag(true)), (CKA_LABEL, .bytes(Array(label.utf8))), (CKA_ID, .bytes(id)),
        ])
        var mechanism = CK_MECHANISM(mechanism: CKM_AES_KEY_GEN, pParameter: nil, ulParameterLen: 0)
        var key: CK_ULONG = 0
        try module.check("C_GenerateKey", new.with { generate(session, &mechanism, $0, $1, &key) })
    }

    private func flag(_ type: CK_ULONG, of key: CK_ULONG) throws(TokenError) -> Bool { try bytes(type, of: key, most: 1).first == 1 }

    private func bytes(_ type: CK_ULONG, of key: CK_ULONG, most: Int) throws(TokenError) -> [UInt8] {
        let get = try module.function(module.functions.C_GetAttributeValue, "C_GetAttributeValue")
        var value = [UInt8](repeating: 0, count: most)
        var count: CK_ULONG = 0
        let code = value.withUnsafeMutableBytes { buffer in
            var attribute = CK_ATTRIBUTE(type: type, pValue: buffer.baseAddress, ulValueLen: CK_ULONG(buffer.count))
            let code = get(session, key, &attribute, 1)
            count = attribute.ulValueLen
            return code
        }
        try module.check("C_GetAttributeValue", code)
        // CK_UNAVAILABLE_INFORMATION is all ones.
        guard count <= CK_ULONG(most) else { return [] }
        return Array(value.prefix(Int(count)))
    }
}

/// Attributes, and the memory that they point to.
struct Template {
    enum Value {
        case number(CK_ULONG), flag(Bool), bytes([UInt8])

        var bytes: [UInt8] {
            switch self {
            case .number(let number): withUnsafeBytes(of: number) { Array($0) }
            case .flag(let flag): [flag ? 1 : 0]
            case .bytes(let bytes): bytes
            }
        }
    }

    private let parts: [(type: CK_ULONG, range: Range<Int>)]
    private let memory: [UInt8]

    init(_ attributes: [(CK_ULONG, Value)]) {
        var (parts, memory): ([(CK_ULONG, Range<Int>)], [UInt8]) = ([], [])
        for (type, value) in attributes {
            // Numbers stand where a machine expects them.
            while memory.count % MemoryLayout<CK_ULONG>.alignment != 0 { memory.append(0) }
            let bytes = value.bytes
            parts.append((type, memory.count..<memory.count + bytes.count))
            memory += bytes
        }
        (self.parts, self.memory) = (parts, memory)
    }

    func with(_ work: (UnsafeMutablePointer<CK_ATTRIBUTE>?, CK_ULONG) -> CK_RV) -> CK_RV {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, memory.count), alignment: MemoryLayout<CK_ULONG>.alignment)
        defer { room.deallocate() }
        room.copyBytes(from: memory)
        var attributes = parts.map { part in
            CK_ATTRIBUTE(type: part.type, pValue: room.baseAddress.map { $0 + part.range.lowerBound }, ulValueLen: CK_ULONG(part.range.count))
        }
        return attributes.withUnsafeMutableBufferPointer { work($0.baseAddress, CK_ULONG($0.count)) }
    }
}
