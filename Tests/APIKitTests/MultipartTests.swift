import APIKit
import Testing

@Suite struct MultipartTests {
    private func read(_ text: String, boundary: String = "b") throws(MultipartError) -> [MultipartForm.Part] {
        try MultipartForm(Array(text.utf8), boundary: boundary).parts
    }

    /// As RFC 7578 §4 and what curl and browsers send.
    @Test func partsHaveNamesTypesAndBytes() throws {
        let parts = try read(
            "--b\r\nContent-Disposition: form-data; name=\"top_k\"\r\n\r\n3\r\n"
                + "--b \t\r\ncontent-disposition:form-data; filename=\"a \\\"b\\\";.png\"; name=image\r\nContent-Type: image/PNG; q=1\r\n\r\n\r\n--\r\n-b\r\n\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"leer\"\r\nX-Other: 1\r\n\r\n\r\n--b--\r\n")
        #expect(parts.map(\.name) == ["top_k", "image", "leer"] && parts.map(\.fileName) == [nil, "a \"b\";.png", nil])
        #expect(parts.map(\.type) == [nil, "image/png", nil] && parts.map(\.text) == ["3", "\r\n--\r\n-b\r\n", ""])
    }

    @Test func bytesStayBytes() throws {
        let content = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let body = Array("--x-1\r\ncontent-disposition: form-data; name=f\r\n\r\n".utf8) + content + Array("\r\n--x-1--".utf8)
        #expect(try Array(MultipartForm(body, boundary: "x-1").parts[0].content) == content)
    }

    @Test func boundariesAreRead() throws {
        #expect(try MultipartForm.boundary(of: "multipart/form-data; boundary=abc") == "abc")
        #expect(try MultipartForm.boundary(of: "Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\" ;") == "a b:c")
        for wrong in [
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a", "multipart/form-data; boundary=\"a",
            "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a\u{e9}", "",
            "multipart/form-data; boundary=" + String(repeating: "a", count: 71), "multipart/form-data; boundary",
        ] { #expect(throws: MultipartError.self, "\(wrong)") { try MultipartForm.boundary(of: wrong) } }
    }

    @Test func whatIsNoFormIsRefused() {
        let head = "Content-Disposition: form-data; name=a\r\n\r\n"
        for wrong in [
            "", "--b", "--b--", "--b--\r\n", "--b\r\n", "x\r\n--b\r\n\(head)1\r\n--b--", "--b\r\n\(head)1\r\n--b", "--b\r\n\(head)1\r\n--b-", "--b\r\n\(head)1",
            "--b\r\n\(head)1\r\n--bb\r\n--b--", "--b\r\n\(head)1\r\n--b--x", "--b\r\n\r\n1\r\n--b--", "--b\r\n1\r\n--b--", "--b\r\n--b--",
            "--b\n\(head)1\r\n--b--", "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--b--", "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--b--", "--b\r\nContent-Disposition: form-data; name=\"a\" b\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Transfer-Encoding: base64\r\n\(head)1\r\n--b--", "--b\r\n\(head.dropLast(2))\(head)1\r\n--b--",
            "--b\r\nX: " + String(repeating: "x", count: MultipartLimits.headBytes) + "\r\n\(head)1\r\n--b--",
            String(repeating: "--b\r\n\(head)1\r\n", count: MultipartLimits.parts + 1) + "--b--",
        ] { #expect(throws: MultipartError.self, "\(wrong.prefix(80))") { try read(wrong) } }
        #expect((try? read(String(repeating: "--b\r\n\(head)1\r\n", count: MultipartLimits.parts) + "--b--"))?.count == MultipartLimits.parts)
    }

    /// Any bytes: no trap, and what is read is in them.
    @Test func anythingIsReadOrRefused() {
        var chance = SystemRandomNumberGenerator()
        let whole = Array("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n".utf8)
        for end in 0...whole.count { _ = try? MultipartForm(Array(whole[..<end]), boundary: "b") }
        for _ in 0..<5000 {
            var body = whole
            for _ in 0..<Int.random(in: 1...6, using: &chance) {
                let at = Int.random(in: 0..<body.count, using: &chance)
                switch Int.random(in: 0..<3, using: &chance) {
                case 0: body[at] = UInt8.random(in: 0...255, using: &chance)
                case 1: body.remove(at: at)
                default: body.insert(contentsOf: Array("\r\n--b;=\":".utf8).shuffled(using: &chance).prefix(3), at: at)
                }
            }
            guard let form = try? MultipartForm(body, boundary: "b") else { continue }
            #expect(form.parts.reduce(0) { $0 + $1.content.count } < body.count)
        }
    }
}
