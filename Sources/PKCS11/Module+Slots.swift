internal import CPKCS11

/// Slots and what is in them.
extension Module {
    struct Slot {
        let number: CK_ULONG
        let isHardware: Bool
        let label, manufacturer, model, serial: String
        let isLocked: Bool
    }

    /// The one slot with a token of this label.
    func slot(_ label: String) throws(TokenError) -> Slot {
        let slots = try slots()
        let found = slots.filter { $0.label == label }
        guard let slot = found.first else { throw .noToken(label: label, present: slots.map(\.label).filter { !$0.isEmpty }) }
        guard found.count == 1 else { throw .ambiguous("tokens '\(label)'") }
        return slot
    }

    /// Those with a token that was initialised.
    private func slots() throws(TokenError) -> [Slot] {
        let list = try function(functions.C_GetSlotList, "C_GetSlotList")
        let slotInfo = try function(functions.C_GetSlotInfo, "C_GetSlotInfo")
        let tokenInfo = try function(functions.C_GetTokenInfo, "C_GetTokenInfo")
        var count: CK_ULONG = 0
        try check("C_GetSlotList", list(1, nil, &count))
        count = min(count, CK_ULONG(Limits.slotsMax))
        guard count > 0 else { return [] }
        var numbers = [CK_ULONG](repeating: 0, count: Int(count))
        let code = list(1, &numbers, &count)
        // One was connected in between, or there are more than anybody has.
        guard TokenReturn(code) == .ok else { throw .call("C_GetSlotList", TokenReturn(code)) }
        var out: [Slot] = []
        for number in numbers.prefix(Int(count)) {
            var (slot, token) = (CK_SLOT_INFO(), CK_TOKEN_INFO())
            // A token that was just taken out is none that is looked for.
            guard slotInfo(number, &slot) == 0, tokenInfo(number, &token) == 0, token.flags & CKF_TOKEN_INITIALIZED != 0 else { continue }
            out.append(
                Slot(
                    number: number, isHardware: slot.flags & CKF_HW_SLOT != 0, label: Self.text(token.label),
                    manufacturer: Self.text(token.manufacturerID), model: Self.text(token.model), serial: Self.text(token.serialNumber),
                    isLocked: token.flags & CKF_USER_PIN_LOCKED != 0))
        }
        return out
    }

    /// Padded with blanks, without an end.
    private static func text(_ bytes: some Any) -> String {
        withUnsafeBytes(of: bytes) { buffer in
            var bytes = Array(buffer)
            while let last = bytes.last, last == 0x20 || last == 0 { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// Every bound of this room.
enum Limits {
    static let slotsMax = 256
    /// Keys of one label that are looked at.
    static let keysMax = 8
    static let keyIDBytesMax = 64
    /// What one call seals: a seed, or the master keys.
    static let sealedBytesMax = 1 << 20
    /// Room that a module may want beyond the cipher text and its tag.
    static let spareBytes = 64
}
