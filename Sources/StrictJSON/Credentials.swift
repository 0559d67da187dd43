/// Beginnings of the credentials this product gives out: keys, enrolment, registration, update and refresh tokens, secrets of OAuth
/// clients, and signed tokens (a JOSE header in base64url).
package let credentialPrefixes = ["tk_live_", "mk_live_", "pk_live_", "te_", "reg-", "tu_", "tcs_", "trf_", "whsec_", "eyJ"]
/// The shortest of them is longer.
private let credentialBytes = 40

/// Whether a text holds what could be one of our credentials, wherever the caller has put it.
package func looksLikeCredential(_ text: String) -> Bool {
    guard text.utf8.count >= credentialBytes else { return false }
    return text.split { !isCredentialCharacter($0) }.contains { word in
        word.utf8.count >= credentialBytes && credentialPrefixes.contains { word.contains($0) }
    }
}

/// Whether one of our credentials may have this in it.
package func isCredentialCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "-" || character == "_")
}
