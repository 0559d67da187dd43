/// Whether a text can name a client, a node or an object in a path: 1 to 128 of the letters and digits of ASCII, '-',
/// '.' and '_', and not "." or "..". Nothing in such a name can climb a path, hide another name or be read in two ways;
/// it is also what a certificate's name is made of (`Trust.PeerIdentity`).
package func isName(_ text: some StringProtocol) -> Bool {
    (1...Limits.nameBytes).contains(text.utf8.count) && text != "." && text != ".."
        && text.utf8.allSatisfy { c in
            (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) || c == 0x2D || c == 0x2E || c == 0x5F
        }
}

/// The rule in words, for an error's `issue`.
package let nameRule = "must be 1 to \(Limits.nameBytes) letters, digits, '-', '.' and '_', and neither '.' nor '..'"
