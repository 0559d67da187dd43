import CPKCS11
import CryptoSuite
import Foundation
import PKCS11
import Testing

/// What was thrown; nil: nothing, or something else.
private func refusal(_ work: () async throws -> Void) async -> TokenError? {
    do { try await work() } catch { return error as? TokenError }
    return nil
}

@Suite(.enabled(if: SoftToken.isThere, Comment(rawValue: SoftToken.absence)), .serialized) struct TokenTests {
    private let nonce = [UInt8](0..<12)

    @Test func whatTheKeySealsItOpensAndNothingElse() async throws {
        let token = try SoftToken.token("whole")
        let plain = Secret(Array("a seed of sixty-four bytes".utf8))
        let sealed = try await token.seal(plain, nonce: nonce, associated: [7])
        #expect(sealed.count == plain.count + 16)
        #expect(try await token.open(sealed, nonce: nonce, associated: [7]) == plain)
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 1
            #expect(await refusal { _ = try await token.open(changed, nonce: nonce, associated: [7]) } == .unopenable, "\(place)")
        }
        #expect(await refusal { _ = try await token.open(sealed, nonce: nonce, associated: [8]) } == .unopenable)
        #expect(await refusal { _ = try await token.open(sealed, nonce: nonce.reversed(), associated: [7]) } == .unopenable)
        for count in [0, 15, 16, sealed.count - 1] {
            #expect(await refusal { _ = try await token.open(Array(sealed.prefix(count)), nonce: nonce, associated: [7]) } == .unopenable, "\(count)")
        }
        // Nothing at all is sealed, too.
        let empty = try await token.seal(Secret([]), nonce: nonce, associated: [])
        #expect(try await token.open(empty, nonce: nonce, associated: []).count == 0)
        // Another key of the same token.
        let other = try SoftToken.token("whole", key: "other", newKeyID: [9])
        #expect(await refusal { _ = try await other.open(sealed, nonce: nonce, associated: [7]) } == .unopenable)
    }

    @Test func theKeyIsMadeOnceAndFoundAgain() async throws {
        let first = try await SoftToken.token("whole", key: "found", newKeyID: [0xab, 0x01]).facts()
        #expect(first.label == "whole" && first.keyID == [0xab, 0x01] && first.manufacturer.contains("SoftHSM"))
        // It is software, and its slot does not say otherwise.
        #expect(!first.isHardware)
        #expect(first.uri == "pkcs11:token=whole;serial=\(first.serial);id=%ab%01;type=secret-key")
        #expect(try await SoftToken.token("whole", key: "found", newKeyID: [5]).facts() == first)
        #expect(try await SoftToken.token("whole", key: "found", newKeyID: nil).facts() == first)
        guard case .key("nowhere", _)? = await refusal({ _ = try await SoftToken.token("whole", key: "nowhere", newKeyID: nil).facts() }) else {
            Issue.record("a key was found that nobody made")
            return
        }
    }

    @Test func aLostSessionIsOpenedAgain() async throws {
        let token = try SoftToken.token("two words")
        let sealed = try await token.seal(Secret([1, 2]), nonce: nonce, associated: [])
        for _ in 1...3 {
            #expect(closeAllSessions())
            #expect(try await token.open(sealed, nonce: nonce, associated: []) == Secret([1, 2]))
        }
    }

    @Test func whatIsWrongIsNamedWithItsRemedy() async throws {
        let wrong = try SoftToken.token("strict", pin: Secret(Array("not the PIN".utf8)))
        for _ in 1...2 { #expect(await refusal { _ = try await wrong.facts() } == .pinRefused(token: "strict")) }
        #expect(!TokenError.pinRefused(token: "strict").description.contains("not the PIN"))
        _ = try await SoftToken.token("strict").facts()
        guard case .noToken("absent", let present)? = await refusal({ _ = try await SoftToken.token("absent").facts() }) else {
            Issue.record("a token is there that nobody made")
            return
        }
        #expect(present.contains("strict") && present.contains("two words"))
        #expect(await refusal { _ = try await SoftToken.token("twice").facts() } == .ambiguous("tokens 'twice'"))
        for path in ["libsofthsm2.so", "/nowhere/module.so", "/bin/ls"] {
            let token = ModuleToken(TokenPlace(module: path, token: "whole", key: "tutti"), pin: SoftToken.pin, newKeyID: nil)
            guard case .module(path, _)? = await refusal({ _ = try await token.facts() }) else {
                Issue.record("\(path) is a module")
                continue
            }
        }
        let none = ModuleToken(TokenPlace(module: "/lib/x86_64-linux-gnu/libc.so.6", token: "whole", key: "tutti"), pin: SoftToken.pin, newKeyID: nil)
        guard case .module? = await refusal({ _ = try await none.facts() }) else {
            Issue.record("the C library is a module")
            return
        }
    }

    @Test func aTokenThatWasTakenAwayOpensNothing() async throws {
        let token = try SoftToken.token("vanishing")
        let sealed = try await token.seal(Secret([1]), nonce: nonce, associated: [])
        #expect(SoftToken.remove("vanishing"))
        guard case .noToken("vanishing", _)? = await refusal({ _ = try await token.open(sealed, nonce: nonce, associated: []) }) else {
            Issue.record("a token that is gone opens what it sealed")
            return
        }
    }

    /// As another library of this process could.
    private func closeAllSessions() -> Bool {
        guard let module = SoftToken.module, let library = dlopen(module, RTLD_NOW), let symbol = dlsym(library, "C_GetFunctionList"),
            let getList = unsafeBitCast(symbol, to: CK_C_GetFunctionList?.self)
        else { return false }
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        guard getList(&list) == 0, let functions = list?.pointee else { return false }
        var slots = [CK_ULONG](repeating: 0, count: 64)
        var count = CK_ULONG(slots.count)
        guard functions.C_GetSlotList?(1, &slots, &count) == 0 else { return false }
        return slots.prefix(Int(count)).allSatisfy { functions.C_CloseAllSessions?($0) == 0 }
    }
}

@Suite struct TokenErrorTests {
    @Test func codesHaveTheStandardsNames() {
        #expect(TokenError.call("C_Login", TokenReturn(0xA3)).description.contains("C_Login: CKR_PIN_EXPIRED"))
        #expect("\(TokenReturn(0x8000_0001))" == "CKR_0x80000001")
        for code in [0x32, 0xE0, 0x31, 0x70, 0xB1, 0x101, 0xE2, 0x05] as [UInt] {
            let error = TokenError.call("C_Encrypt", TokenReturn(code))
            #expect(error.message.contains("CKR_") && error.remedy.count > 20)
        }
        #expect(TokenError.pinLocked(token: "t").description.contains("CKR_PIN_LOCKED"))
    }

    @Test func aURIHasOnePlainForm() {
        let facts = TokenFacts(label: "a b;c", manufacturer: "m", model: "o", serial: "0:1", isHardware: true, keyID: [0, 255])
        #expect(facts.uri == "pkcs11:token=a%20b%3bc;serial=0%3a1;id=%00%ff;type=secret-key")
    }
}
